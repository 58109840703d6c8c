# lru_crawler metadump and mgdump. Source: mcrsd.md 2.9. Since 1.6.18 a metadump begins with OK, tells flags
# and ends its lines with a blank; mgdump is new.

== nothing to list
> lru_crawler metadump all
@ours < OK
! 1.6.45 begins with OK
< END
> lru_crawler metadump hash
@ours < OK
! 1.6.45 begins with OK
< END
> lru_crawler metadump 1,3
@ours < OK
! 1.6.45 begins with OK
< END
@ours > lru_crawler mgdump all
@ours < OK
@ours < EN
! 1.6.18 has none
@ours > lru_crawler mgdump hash
@ours < OK
@ours < EN
! 1.6.18 has none

== an item
> set a%b/c 7 0 3
> abc
< STORED
> lru_crawler metadump all
@ours < OK
@ours <| key=a%25b%2Fc exp=-1 la={n} cas={n} fetch=no cls=1 size={n} flags=7 \n
@stock <| key=a%25b%2Fc exp=-1 la={n} cas={n} fetch=no cls=1 size={n}\n
! 1.6.45 begins with OK, tells flags and ends its lines with a blank
< END
> get a%b/c
< VALUE a%b/c 7 3
< abc
< END
> touch a%b/c 1000
< TOUCHED
> lru_crawler metadump hash
@ours < OK
@ours <| key=a%25b%2Fc exp={n} la={n} cas={n} fetch=yes cls=1 size={n} flags=7 \n
@stock <| key=a%25b%2Fc exp={n} la={n} cas={n} fetch=yes cls=1 size={n}\n
! 1.6.45 begins with OK, tells flags and ends its lines with a blank
< END
> lru_crawler metadump 2
@ours < OK
! 1.6.45 begins with OK
< END
@ours > lru_crawler mgdump 1
@ours < OK
@ours < mg a%b/c
@ours < EN
! 1.6.18 has none

== dead items are left out
> set a 0 -1 1
> x
< STORED
> lru_crawler metadump hash
@ours < OK
! 1.6.45 begins with OK
< END

== commands behind a dump are served
@ours >| lru_crawler metadump all\r\nversion\r\n
@ours < OK
@ours < END
@ours < VERSION {version}
! 1.6.18 lets them wait for more bytes
@ours >| lru_crawler mgdump all\r\nversion\r\n
@ours < OK
@ours < EN
@ours < VERSION {version}
! 1.6.18 has none

@ours == another connection may dump next
! memcached may still be busy with the end of the first dump
> lru_crawler metadump all
< OK
< END
conn b
> lru_crawler metadump all
< OK
< END

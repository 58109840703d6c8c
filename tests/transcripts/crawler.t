# lru_crawler and its dumps. Source: mcrsd.md 2.9.

== words that are no sub-command, too few and too many
> lru_crawler
< ERROR
> lru_crawler nonsense
< ERROR
> lru_crawler sleep
< ERROR
> lru_crawler tocrawl
< ERROR
> lru_crawler crawl
< ERROR
> lru_crawler metadump
< ERROR
> lru_crawler mgdump
< ERROR
> lru_crawler enable now
< ERROR
> lru_crawler tocrawl 5 6
< ERROR
> lru_crawler crawl 1 2
< ERROR

== noreply is a word too many, and silent
> lru_crawler disable noreply
@stock < ERROR
! 1.6.45 answers nothing
> lru_crawler crawl all noreply
@stock < ERROR
! 1.6.45 answers nothing
@ours > lru_crawler crawl all
@ours < OK
! 1.6.18 hangs now and then when it is to crawl again

== it runs from the start
> lru_crawler enable
< ERROR failed to start lru crawler thread

== pause and number of items
> lru_crawler sleep 1000001
< CLIENT_ERROR sleep must be one second or less
> lru_crawler sleep 1000000
< OK
> lru_crawler sleep x
< CLIENT_ERROR bad command line format
> lru_crawler sleep -1
< CLIENT_ERROR bad command line format
> lru_crawler sleep 100
< OK
> lru_crawler tocrawl x
< CLIENT_ERROR bad command line format
> lru_crawler tocrawl 4294967296
@ours < CLIENT_ERROR bad command line format
@stock < OK
! 1.6.45 refuses what is over 32 bits; 1.6.18 takes it for 0
> lru_crawler tocrawl 4294967295
< OK
> lru_crawler tocrawl 0
< OK

== classes are numbers from 1 to 63
> lru_crawler crawl x
< BADCLASS invalid class id
> lru_crawler crawl 0
< BADCLASS invalid class id
> lru_crawler crawl 64
< BADCLASS invalid class id
> lru_crawler crawl 1,x
< BADCLASS invalid class id
> lru_crawler crawl 1,64
< BADCLASS invalid class id
> lru_crawler crawl 1x
< BADCLASS invalid class id
> lru_crawler crawl ,
< NOTSTARTED no items to crawl
> lru_crawler crawl hash
< ERROR an unknown error happened
> lru_crawler metadump 0
< BADCLASS invalid class id
> lru_crawler metadump 1,x
< BADCLASS invalid class id
> lru_crawler metadump ,
< NOTSTARTED no items to crawl
@ours > lru_crawler crawl 63
@ours < OK
@ours > lru_crawler crawl 1,2,,3
@ours < OK
@ours > lru_crawler crawl all
@ours < OK
! 1.6.18 hangs now and then when it is to crawl again

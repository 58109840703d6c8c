# The limit on items. Source: mcrsd.md 8.1; measured.
args: -I 1m

== a value of exactly the limit is refused after it has arrived
> set a 0 0 1048576
> {x*1048576}
< SERVER_ERROR object too large for cache
> foobar
< ERROR

== a value half a kilobyte smaller is stored
> set a 0 0 1048064
> {x*1048064}
< STORED
> get a
< VALUE a 0 1048064
< {x*1048064}
< END

== set deletes what it could not replace
> set a 0 0 1
> x
< STORED
> set a 0 0 1048576
> {x*1048576}
< SERVER_ERROR object too large for cache
> get a
< END

== the others leave it
> set a 0 0 1
> x
< STORED
> replace a 0 0 1048576
> {x*1048576}
< SERVER_ERROR object too large for cache
> append a 0 0 1048576
> {x*1048576}
< SERVER_ERROR object too large for cache
> get a
< VALUE a 0 1
< x
< END

== noreply swallows without a word
> set a 0 0 1048576 noreply
> {x*1048576}
> foobar
< ERROR

== appending over the limit is not stored
> set a 0 0 600000
> {x*600000}
< STORED
> append a 0 0 600000
> {y*600000}
< NOT_STORED
> get a
< VALUE a 0 600000
< {x*600000}
< END

== an absurd length is refused once it is plain that it does not come
>| set a 0 0 2147483645\r\nabc
half-close
closed

# ms and the limit on items. Source: mcrsd.md 3.4; measured.

== what is too large is swallowed, answered even with q, and deletes the old item in every mode
> ms a 1
> x
< HD
> ms a 1048576 q k O1
> {x*1048576}
< SERVER_ERROR object too large for cache
> mg a
< EN
> ms a 1
> x
< HD
> ms a 1048576 ME
> {x*1048576}
< SERVER_ERROR object too large for cache
> mg a
< EN
> ms YQ== 1 b
> x
< HD
> ms YQ== 1048576 b MA C5
> {x*1048576}
< SERVER_ERROR object too large for cache
> mg a
< EN

== a joined value that is too large is not stored
> ms a 1000000
> {x*1000000}
< HD
> ms a 100000 MA k
> {y*100000}
< NS ka
> mg a s
< HD s1000000

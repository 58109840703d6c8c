# stats sizes when sizes are tracked. Source: mcrsd.md 2.11. An item is smaller here than in memcached.
args: -o track_sizes

== nothing is there
> stats sizes
< END

== items are counted in steps of 32 bytes
> set abcdefgh 0 0 24
> {x*24}
< STORED
> set bbcdefgh 0 0 24
> {x*24}
< STORED
> set a 0 0 200
> {x*200}
< STORED
> stats sizes
@ours < STAT 64 2
@ours < STAT 256 1
@stock < STAT 96 2
@stock < STAT 288 1
! an item is smaller here
< END
> delete abcdefgh
< DELETED
> stats sizes
@ours < STAT 64 1
@ours < STAT 256 1
@stock < STAT 96 1
@stock < STAT 288 1
! an item is smaller here
< END

# The `stats` command and its sub-commands. Source: mcrsd.md 2.11.
args: -m 64

== unknown sub-commands
> stats foo
< ERROR
> stats slab
< ERROR
> stats resetx
< ERROR
> stats detailed
< ERROR

== surplus words and blanks are passed over
> stats  reset
< RESET
> stats reset foo
< RESET
> stats items foo noreply
< END

== groups without figures
> stats items
< END
> stats extstore
< END
> stats sizes
< STAT sizes_status disabled
< END

@ours == words may be cut
@ours > stats res
@ours < RESET
@ours > stats ext
@ours < END
@ours > stats c
@ours < CLIENT_ERROR bad command line
@ours > stats d
@ours < CLIENT_ERROR usage: stats detail on|off|dump
! New in 1.6.45.

== figures by prefix: what is counted
> stats detail on
< OK
> stats reset
< RESET
> get p:a p:b
< END
> set p:a 0 0 1
> 1
< STORED
> get p:a p:b noprefix
< VALUE p:a 0 1
< 1
< END
> gat 0 p:a
< VALUE p:a 0 1
< 1
< END
> incr p:a 1
< 2
> touch p:a 0
< TOUCHED
> append p:b 0 0 1
> x
< NOT_STORED
> set p:c 0 0 2000000
>| {x*2000000}\r\n
< SERVER_ERROR object too large for cache
> mg p:a v
< VA 1
< 2
> ms p:m 1
> x
< HD
> delete p:a
< DELETED
> delete p:a
< NOT_FOUND
> stats detail dump
< PREFIX p get 5 hit 2 set 3 del 2
< END
> stats detail off
< OK
> get p:a
< END
> stats detail dump
< PREFIX p get 5 hit 2 set 3 del 2
< END
> stats reset
< RESET
> stats detail dump
< END

== figures by prefix: nonsense
> stats detail
< CLIENT_ERROR usage: stats detail on|off|dump
> stats detail foo
< CLIENT_ERROR usage: stats detail on|off|dump

@ours == a group of our own
@ours > stats mcrsd
@ours < STAT version {*}
@ours < STAT hit_ratio {*}
@ours < STAT memory_efficiency {*}
@ours < STAT memory_bytes {n}
@ours < STAT memory_bytes_per_item {n}
@ours < END
! Figures memcached has not.

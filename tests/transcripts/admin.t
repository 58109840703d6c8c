# version, verbosity, quit, shutdown and the like. Source: memcached doc/protocol.txt; measured.

== version
> version
< VERSION {version}
> version noreply
< VERSION {version}

== verbosity
> verbosity 0
< OK
> verbosity
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 answers CLIENT_ERROR to too few words
> verbosity 0 noreply
> verbosity x
< CLIENT_ERROR bad command line format

== quit closes after what came before it
> set a 0 0 1
> x
< STORED
>| get a\r\nquit\r\nget a\r\n
< VALUE a 0 1
< x
< END
closed

== half-closing gets everything answered first
>| set a 0 0 1\r\nx\r\nget a\r\n
half-close
< STORED
< VALUE a 0 1
< x
< END
closed

== shutdown needs -A
> shutdown
@ours < SERVER_ERROR: shutdown not enabled
@stock < ERROR: shutdown not enabled
! 1.6.45 changed the text

== cache_memlimit
> cache_memlimit
< ERROR
> cache_memlimit x
< ERROR
> cache_memlimit 7
< MEMLIMIT_TOO_SMALL cannot set maxbytes to less than 8m
> cache_memlimit 1000000001
< MEMLIMIT_ADJUST_FAILED input value is megabytes not bytes
> cache_memlimit 128
< OK
> cache_memlimit 64
< OK
> cache_memlimit 64 noreply

== stats groups that are unknown
> stats nonsense
< ERROR

== stats reset
> stats reset
< RESET

== stats extstore without it is empty
> stats extstore
< END

== stats sizes is off
> stats sizes
< STAT sizes_status disabled
< END

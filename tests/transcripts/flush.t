# flush_all. Source: memcached doc/protocol.txt, "flush_all"; measured.

== everything there is goes, what comes after stays
> set a 0 0 1
> x
< STORED
> flush_all
< OK
> get a
< END
> set a 0 0 1
> y
< STORED
> get a
< VALUE a 0 1
< y
< END

== no argument, 0 and negative ones mean now
> set a 0 0 1
> x
< STORED
> flush_all 0
< OK
> get a
< END
> set a 0 0 1
> x
< STORED
> flush_all -5
< OK
> get a
< END
> add a 0 0 1
> x
< STORED

== noreply
> set a 0 0 1
> x
< STORED
> flush_all noreply
> get a
< END
> set a 0 0 1
> x
< STORED
> flush_all 0 noreply
> get a
< END

== a flush in the future changes nothing yet
> set a 0 0 1
> x
< STORED
> flush_all 1000
< OK
> get a
< VALUE a 0 1
< x
< END
> flush_all 0
< OK
> get a
< END

== not a number
> flush_all x
< CLIENT_ERROR invalid exptime argument
> flush_all x noreply
> flush_all 2147483648
@ours < CLIENT_ERROR invalid exptime argument
@stock < OK
! 1.6.45 refuses what does not fit 32 bits
@stock > flush_all
@stock < OK
! takes that one back

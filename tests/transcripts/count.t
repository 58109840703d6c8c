# incr, decr. Source: memcached doc/protocol.txt, "Increment/Decrement"; measured.

== incr and decr count and answer the new number
> set a 0 0 2
> 10
< STORED
> incr a 5
< 15
> decr a 6
< 9
> get a
< VALUE a 0 2
< 9\s
< END

== a missing key is not created
> incr a 1
< NOT_FOUND
> decr a 1
< NOT_FOUND

== incr wraps at 2^64, decr stops at 0
> set a 0 0 20
> 18446744073709551615
< STORED
> incr a 2
< 1
> get a
< VALUE a 0 20
< 1                   
< END
> decr a 5
< 0

== a number that grows longer is stored longer
> set a 3 0 1
> 9
< STORED
> incr a 1
< 10
> incr a 990
< 1000
> get a
< VALUE a 3 4
< 1000
< END

== what counts as a number is what strtoull takes
> set a 0 0 4
>  +07
< STORED
> incr a 1
< 8
> set b 0 0 3
> 1 2
< STORED
> incr b 1
< 2
> get b
< VALUE b 0 3
< 2  
< END
> set c 0 0 2
> 1x
< STORED
> incr c 1
< CLIENT_ERROR cannot increment or decrement non-numeric value
> set d 0 0 2
> -1
< STORED
> incr d 1
< CLIENT_ERROR cannot increment or decrement non-numeric value
> set e 0 0 0
>
< STORED
> incr e 1
< CLIENT_ERROR cannot increment or decrement non-numeric value
> set f 0 0 20
> 18446744073709551616
< STORED
> incr f 1
< CLIENT_ERROR cannot increment or decrement non-numeric value

== deltas are digits only
> set a 0 0 1
> 1
< STORED
> incr a -1
< CLIENT_ERROR invalid numeric delta argument
> incr a +1
@ours < CLIENT_ERROR invalid numeric delta argument
@stock < 2
! 1.6.45 takes digits only
> incr a x
< CLIENT_ERROR invalid numeric delta argument
> incr a 18446744073709551616
< CLIENT_ERROR invalid numeric delta argument
> decr a 5
< 0
> incr a 18446744073709551615
< 18446744073709551615
> incr a 1
< 0
> decr a 0
< 0

== too few words
> incr a
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 answers CLIENT_ERROR to too few words
> decr
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same

== counting keeps flags and expiry
> set a 77 1000 1
> 1
< STORED
> incr a 1 noreply
> get a
< VALUE a 77 1
< 2
< END

== noreply silences answers and errors
> set a 0 0 1
> x
< STORED
> incr a 1 noreply
> incr nobody 1 noreply
> decr a z noreply
> get a
< VALUE a 0 1
< x
< END

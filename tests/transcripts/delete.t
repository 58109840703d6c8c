# delete and touch. Source: memcached doc/protocol.txt; measured.

== delete removes
> set a 0 0 1
> x
< STORED
> delete a
< DELETED
> delete a
< NOT_FOUND
> get a
< END

== delete 0 is what very old clients send
> set a 0 0 1
> x
< STORED
> delete a 0
< DELETED

== surplus words of delete are ignored
> set a 0 0 1
> x
< STORED
> delete a 5
@ours < DELETED
@stock < CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]
! 1.6.45 ignores the argument
> delete a b c d
@ours < NOT_FOUND
@stock < ERROR
! 1.6.45 ignores surplus words

== delete noreply is silent
> set a 0 0 1
> x
< STORED
> delete a noreply
> delete a noreply
> get a
< END

== delete needs a key of at most 250 bytes
> delete
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 answers CLIENT_ERROR to too few words
> delete {k*251}
< CLIENT_ERROR bad command line format

== touch sets the expiry
> touch a 0
< NOT_FOUND
> set a 0 0 1
> x
< STORED
> touch a 100
< TOUCHED
> touch a -1
< TOUCHED
> get a
< END
> touch a 100
< NOT_FOUND

== touch needs a number
> touch a
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 answers CLIENT_ERROR to too few words
> touch a x
< CLIENT_ERROR invalid exptime argument
> touch a x noreply
> touch a 1 noreply
> touch a 2147483648
@ours < CLIENT_ERROR invalid exptime argument
@stock < NOT_FOUND
! 1.6.45 refuses what does not fit 32 bits

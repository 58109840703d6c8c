# Commands that drive time, locks and references. Source: mcrsd.md, section 9.
needs debug-commands

== time moves by exactly as much as asked
> set a 0 100 1
> x
< STORED
> debugtime 99
< OK
> get a
< VALUE a 0 1
< x
< END
> debugtime 1
< OK
> get a
< END
> debugtime -100
< OK

== time stands still
> debugtime p
< OK
> set a 0 5 1
> x
< STORED
> debugtime 4
< OK
> touch a 3
< TOUCHED
> debugtime 2
< OK
> get a
< VALUE a 0 1
< x
< END
> debugtime 1
< OK
> get a
< END
> debugtime -7
< OK
> debugtime r
< OK

== a bad number is an error
> debugtime
< ERROR
> debugtime x
< ERROR
> debugtime 1x
< ERROR

== references are kept and dropped
> debugitem ref a
< MISS
> debugitem unref a
< MISS
> set a 0 0 1
> x
< STORED
> debugitem ref a
< OK
> debugitem unref a
< OK
> debugitem unref a
< MISS
> debugitem ref a
< OK
> delete a
< DELETED
> debugitem unref reffed
< OK

== locks are taken and given back
> set a 0 0 1
> x
< STORED
> debugitem lock a
< OK
> get a
< VALUE a 0 1
< x
< END
> debugitem unlock a
< OK
> debugitem lock
< ERROR
> debugitem hug a
< ERROR

== a process with its privileges misbehaves
> misbehave
< ERROR

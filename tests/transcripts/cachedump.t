# stats cachedump. Source: mcrsd.md 2.11. The class of a small item is 1 here and there. memcached lists
# the cold segment alone, so it is given one flat LRU, where everything is in that.
args: -o no_lru_maintainer
keeps items

== an empty class has nothing to list
> stats cachedump 1 0
< END

== an item is listed with its length and expiry
> set a 5 0 3
> abc
< STORED
> stats cachedump 1 0
< ITEM a [3 b; 0 s]
< END
> get a
< VALUE a 5 3
< abc
< END

== an expiry is a Unix time
> touch a 1000
< TOUCHED
> stats cachedump 1 1
< ITEM a [3 b; {n} s]
< END

== the limit counts
> set b 0 0 1
> x
< STORED
> delete a
< DELETED
> set c 0 0 1
> y
< STORED
> delete c
< DELETED
> stats cachedump 1 1
< ITEM b [1 b; 0 s]
< END

== the newest comes first
> set n 0 0 2
> xy
< STORED
> stats cachedump 1 0
< ITEM n [2 b; 0 s]
< ITEM b [1 b; 0 s]
< END
> stats cachedump 1 1
< ITEM n [2 b; 0 s]
< END

== keys of any bytes are left out
> ms aGVsbG8= 1 b
> x
< HD
> stats cachedump 1 0
< ITEM n [2 b; 0 s]
< ITEM b [1 b; 0 s]
< END
> delete n
< DELETED
> md aGVsbG8= b
< HD

== what was deleted is not listed
> delete b
< DELETED
> stats cachedump 1 100
< END

== classes that do not exist are empty or refused
> stats cachedump 63 0
< END
> stats cachedump 64 0
< CLIENT_ERROR Illegal slab id

== arguments have to be numbers
> stats cachedump
< CLIENT_ERROR bad command line
> stats cachedump 1
< CLIENT_ERROR bad command line
> stats cachedump a 1
< CLIENT_ERROR bad command line format
> stats cachedump 1 b
< CLIENT_ERROR bad command line format

== the newest come first
> set d 0 0 1
> x
< STORED
> set e 0 0 1
> y
< STORED
> set d 0 0 2
> zz
< STORED
> set f 0 0 1
> x
< STORED
> get e
< VALUE e 0 1
< y
< END
> stats cachedump 1 0
< ITEM f [1 b; 0 s]
< ITEM d [2 b; 0 s]
< ITEM e [1 b; 0 s]
< END
> stats cachedump 1 2
< ITEM f [1 b; 0 s]
< ITEM d [2 b; 0 s]
< END

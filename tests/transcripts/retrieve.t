# get gets gat gats. Source: memcached doc/protocol.txt, "Retrieval command"; measured.

== misses are left out
> get a
< END
> set b 0 0 1
> x
< STORED
> get a b c
< VALUE b 0 1
< x
< END

== keys repeat as asked
> set a 0 0 1
> x
< STORED
> get a a b a
< VALUE a 0 1
< x
< VALUE a 0 1
< x
< VALUE a 0 1
< x
< END

== gets adds the cas id
> set a 0 0 1
> x
< STORED
> gets a
< VALUE a 0 1 {n}
< x
< END

== more keys than a line's words are indexed
> set a 0 0 1
> x
< STORED
> get {b *30}a
< VALUE a 0 1
< x
< END

== a get line may be of any length
> set last 0 0 1
> x
< STORED
> get {nobody-has-this-key *5000}last
< VALUE last 0 1
< x
< END

== noreply is a key of get
> get noreply
< END

== gat returns the item and sets its expiry
> set a 0 0 1
> x
< STORED
> gat 100 a b
< VALUE a 0 1
< x
< END
> gats 100 a
< VALUE a 0 1 {n}
< x
< END
> gat -1 a
< VALUE a 0 1
< x
< END
> get a
< END

== gat needs a number and keys
> gat a
@ours < CLIENT_ERROR bad command line format
@stock < CLIENT_ERROR invalid exptime argument
! 1.6.45 counts the words first
> gat 5
@ours < CLIENT_ERROR bad command line format
@stock < END
! 1.6.45 answers CLIENT_ERROR to too few words
> gat x a
< CLIENT_ERROR invalid exptime argument

== a key that is too long spoils the whole get
> set a 0 0 1
> x
< STORED
> get a {k*251} a
< CLIENT_ERROR bad command line format
> get a
< VALUE a 0 1
< x
< END

== too long a key late in a long line spoils it as well
> set a 0 0 1
> x
< STORED
> get {a *1000}{k*251}
< CLIENT_ERROR bad command line format

== a long get of long values comes back whole and in order
> set a 0 0 100000
> {0123456789*10000}
< STORED
> set b 0 0 2
> bb
< STORED
> get a b a b a b a b a b a b a b a b a b a b a b a b
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< VALUE a 0 100000
< {0123456789*10000}
< VALUE b 0 2
< bb
< END

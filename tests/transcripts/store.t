# Storage commands. Source: memcached doc/protocol.txt, "Storage commands"; measured.

== set stores and get returns it
> set a 5 0 3
> abc
< STORED
> get a
< VALUE a 5 3
< abc
< END

== an empty value is a value
> set a 0 0 0
>
< STORED
> get a
< VALUE a 0 0
<
< END

== a value may hold any bytes
> set a 0 0 9
> \0\r\nEND\r\nx
< STORED
> get a
< VALUE a 0 9
< \0\r\nEND\r\nx
< END

== add stores only what is missing
> add a 0 0 1
> x
< STORED
> add a 0 0 1
> y
< NOT_STORED
> get a
< VALUE a 0 1
< x
< END

== replace stores only what is there
> replace a 0 0 1
> x
< NOT_STORED
> set a 0 0 1
> x
< STORED
> replace a 3 0 2
> yz
< STORED
> get a
< VALUE a 3 2
< yz
< END

== append and prepend keep flags and need an item
> append a 0 0 1
> x
< NOT_STORED
> prepend a 0 0 1
> x
< NOT_STORED
> set a 7 0 2
> mm
< STORED
> append a 9 0 2
> zz
< STORED
> prepend a 9 0 2
> aa
< STORED
> get a
< VALUE a 7 6
< aammzz
< END

== cas stores when the id is the item's
> set a 0 0 1
> x
< STORED
> gets a
< VALUE a 0 1 {n=id}
< x
< END
> cas a 0 0 1 {id}
> y
< STORED
> cas a 0 0 1 {id}
> z
< EXISTS
> gets a
< VALUE a 0 1 {n=id}
< y
< END
> cas a 1 0 2 {id}
> zz
< STORED
> get a
< VALUE a 1 2
< zz
< END

== cas of a missing key
> cas a 0 0 1 1
> x
< NOT_FOUND

== cas id 0 never matches
> set a 0 0 1
> x
< STORED
> cas a 0 0 1 0
> y
< EXISTS

== every change gives a new cas id, touch does not
> set a 0 0 1
> 1
< STORED
> gets a
< VALUE a 0 1 {n=id}
< 1
< END
> touch a 0
< TOUCHED
> gets a
< VALUE a 0 1 {id}
< 1
< END
> incr a 1
< 2
> cas a 0 0 1 {id}
> x
< EXISTS

== noreply is silent on success and failure
> set a 0 0 1 noreply
> x
> add a 0 0 1 noreply
> y
> replace b 0 0 1 noreply
> y
> append b 0 0 1 noreply
> y
> prepend a 0 0 1 noreply
> z
> cas b 0 0 1 5 noreply
> y
> get a b
< VALUE a 0 2
< zx
< END

== bad data is exactly the announced bytes and two more
> set a 0 0 3
> old
< STORED
> set a 0 0 3
> abcdefoo
< CLIENT_ERROR bad data chunk
< ERROR
> get a
< VALUE a 0 3
< old
< END

== data that is too short swallows the next line
> set a 0 0 8
>| abc\r\nget \r\n
< CLIENT_ERROR bad data chunk
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! what is left is an empty line, and 1.6.45 answers CLIENT_ERROR to lines shorter than four bytes
> get a
< END

== the command line may end in LF, the data block must end in CR LF
>| set a 0 0 1\nx\r\n
< STORED
>| set b 0 0 1\r\nx\nnonsense\r\n
< CLIENT_ERROR bad data chunk
< ERROR
> get a b
< VALUE a 0 1
< x
< END

== flags are 32 bits, with C's liberties
> set a 4294967295 0 1
> x
< STORED
> set b +5 0 1
> x
< STORED
> set c 007 0 1
> x
< STORED
> get a b c
< VALUE a 4294967295 1
< x
< VALUE b 5 1
< x
< VALUE c 7 1
< x
< END

== keys may hold anything but blanks and line ends
> set a\tb\x01\xff 0 0 1
> x
< STORED
> get a\tb\x01\xff
< VALUE a\tb\x01\xff 0 1
< x
< END

== a key of 250 bytes is fine
> set {k*250} 0 0 1
> x
< STORED
> get {k*250}
< VALUE {k*250} 0 1
< x
< END

== words are parted by any number of blanks
> set   a   0  0   1
> x
< STORED
> get   a  
< VALUE a 0 1
< x
< END

== a negative exptime is over at once
> set a 0 -1 1
> x
< STORED
> get a
< END

== a Unix time of long ago is over at once
> set a 0 2592001 1
> x
< STORED
> get a
< END

== a long exptime in the future keeps the item
> set a 0 2592000 1
> x
< STORED
> set b 0 2147483647 1
> y
< STORED
> get a b
< VALUE a 0 1
< x
< VALUE b 0 1
< y
< END

== a value replaced while nobody looks is replaced
> set a 0 0 1000
> {x*1000}
< STORED
> set a 0 0 1
> y
< STORED
> get a
< VALUE a 0 1
< y
< END

== long values come back whole
> set a 0 0 100000
> {0123456789*10000}
< STORED
> get a
< VALUE a 0 100000
< {0123456789*10000}
< END
> append a 0 0 5
> tail!
< STORED
> get a
< VALUE a 0 100005
< {0123456789*10000}tail!
< END

== values over the largest chunk work in every way but counting
> set a 1 0 900000
> {0123456789*90000}
< STORED
> gets a
< VALUE a 1 900000 {n=id}
< {0123456789*90000}
< END
> append a 0 0 3
> end
< STORED
> prepend a 0 0 3
> sta
< STORED
> get a
< VALUE a 1 900006
< sta{0123456789*90000}end
< END
> incr a 1
< CLIENT_ERROR cannot increment or decrement non-numeric value
> touch a 0
< TOUCHED
> delete a
< DELETED
> get a
< END

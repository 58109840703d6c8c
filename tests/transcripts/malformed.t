# Lines that are no requests: what is answered, what is swallowed, what closes. Source: measured.

== nothing known
> foo
< ERROR
> get_a
< ERROR
> GET a
< ERROR
> {x*2000}
< ERROR

== lines shorter than four bytes
>
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 answers CLIENT_ERROR to lines shorter than four bytes
> x
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same
>| \n
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same
> ab
< ERROR

== blanks only
>      
< ERROR

== too few words in a storage command swallow nothing
> set a 0 0
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 answers CLIENT_ERROR to too few words
> set a
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same
> set
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same
> cas a 0 0 1
@ours > x
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! 1.6.45 misses the cas id after it has read the length, so the data goes too
> get
@ours < CLIENT_ERROR bad command line format
@stock < ERROR
! the same as for set

== a bad length swallows nothing
> set a 0 0 x
< CLIENT_ERROR bad command line format
> set a 0 0 -1
< CLIENT_ERROR bad command line format
@ours > set a 0 0 4294967296
@ours < CLIENT_ERROR bad command line format
! 1.6.18 cuts the length to 32 bits and takes it for 0
> foobar
< ERROR

== bad flags and exptimes swallow the data
@ours > set a x 0 3
@ours > abc
@ours < CLIENT_ERROR bad command line format
@ours > set a 0 x 3
@ours > abc
@ours < CLIENT_ERROR bad command line format
@ours > set a -1 0 3
@ours > abc
@ours < CLIENT_ERROR bad command line format
@ours > cas a 0 0 3 x
@ours > abc
@ours < CLIENT_ERROR bad command line format
! 1.6.18 reads the data as commands
> foobar
< ERROR

== a key that is too long swallows the data
@ours > set {k*251} 0 0 3
@ours > abc
@ours < CLIENT_ERROR bad command line format
! 1.6.18 reads the data as commands
> foobar
< ERROR

== errors before data is swallowed come after the data
@ours > set a x 0 3
@ours conn b
@ours > version
@ours < VERSION {version}
@ours conn a
@ours >| ab
@ours conn b
@ours > version
@ours < VERSION {version}
@ours conn a
@ours >| c\r\n
@ours < CLIENT_ERROR bad command line format
! 1.6.18 answers at once and reads the data as commands

== noreply silences errors too
@ours > set a x 0 3 noreply
@ours > abc
! 1.6.18 reads the data as commands
> foobar
< ERROR

== an unknown command with noreply is silent
@ours > foo bar noreply
@stock > foobar
@stock < ERROR
! 1.6.18 answers

== a line without end is closed after 2048 bytes
>| {x*2049}
closed

== a get line without end is waited for
>| get {k *5000}
conn b
> version
< VERSION {version}
conn a
>
< END

== HTTP is closed without an answer
> GET / HTTP/1.0
closed

== but only as the last word of an unknown command
> delete HTTP/1.1
< NOT_FOUND

== verbs of other protocols
> hello
< ERROR
> quitx
< ERROR

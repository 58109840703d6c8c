# Many requests at once. Source: measured.

== replies come in order
>| set a 0 0 1\r\nx\r\nget a\r\nset b 0 0 1 noreply\r\ny\r\nget a b\r\ndelete a\r\nincr b 1\r\nfoobar\r\nversion\r\n
< STORED
< VALUE a 0 1
< x
< END
< VALUE a 0 1
< x
< VALUE b 0 1
< y
< END
< DELETED
< CLIENT_ERROR cannot increment or decrement non-numeric value
< ERROR
< VERSION {version}

== more requests than one turn takes
>| {set a 0 0 3\r\nabc\r\nget a\r\n*100}
<| {STORED\r\nVALUE a 0 3\r\nabc\r\nEND\r\n*100}

== more input than one read takes
>| {set a 0 0 100\r\n0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n*1000}
<| {STORED\r\n*1000}

== long values behind each other
>| set a 0 0 40000\r\n{x*40000}\r\nset b 0 0 40000\r\n{y*40000}\r\nget a b\r\n
< STORED
< STORED
< VALUE a 0 40000
< {x*40000}
< VALUE b 0 40000
< {y*40000}
< END

== a long value and short requests around it
>| get a\r\nset a 0 0 70000\r\n{x*70000}\r\nget b\r\nappend a 0 0 1\r\nz\r\nget a\r\n
< END
< STORED
< END
< STORED
< VALUE a 0 70001
< {x*70000}z
< END

== a value that never ends is thrown away with its connection
> set a 0 0 3
> old
< STORED
conn b
>| set a 0 0 100\r\nhalf
half-close
closed
conn a
> get a
< VALUE a 0 3
< old
< END

== what came before a line that closes is answered
>| get a\r\nGET / HTTP/1.0\r\nget b\r\n
< END
closed

== what came before a line without end is answered
>| get a\r\n{x*2049}
< END
closed

# slabs. Source: mcrsd.md 2.8.

== words that are no sub-command, and too few
> slabs
< ERROR
> slabs nonsense
< ERROR
> slabs automove
< ERROR

== automove has three modes
> slabs automove 0
< OK
> slabs automove 2
< OK
> slabs automove 1
< OK
> slabs automove 1 surplus
< OK
> slabs automove 3
< ERROR
> slabs automove x
< CLIENT_ERROR bad command line format
> slabs automove -1
< CLIENT_ERROR bad command line format

== its ratio
> slabs automove ratio 0.5
< OK
> slabs automove ratio x
< ERROR
> slabs automove ratio
< ERROR

== its share of free memory and its window are new
@ours > slabs automove freeratio 0.01
@ours < OK
@ours > slabs automove freeratio x
@ours < ERROR
@ours > slabs automove window 3
@ours < OK
@ours > slabs automove window 1800
@ours < OK
@ours > slabs automove window 2
@ours < CLIENT_ERROR automove window too low or too high
@ours > slabs automove window 1801
@ours < CLIENT_ERROR automove window too low or too high
@ours > slabs automove window x
@ours < CLIENT_ERROR bad command line format
! 1.6.18 knows neither

== noreply silences
> slabs automove 1 noreply
> slabs automove x noreply
> slabs automove ratio 0.8 noreply

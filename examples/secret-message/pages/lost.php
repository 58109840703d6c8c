<?php $title = 'Not found — Secret Message'; ?>
<img class="art" src="/art/gone.svg" alt="" width="160" height="120">
<h1>There is nothing&nbsp;here</h1>
<p class="lead">This address leads nowhere. Perhaps a piece of the link got lost on its way: a whole one ends in 32
letters and digits.</p>
<p class="more"><a class="button" href="/">Write a message</a></p>

--TEST--
A reply that arrives after the time-out on a persistent connection is given to nobody
--FILE--
<?php
const PERSISTENT = true;
require __DIR__ . '/late_reply.inc';
?>
--EXPECT--
get: false
late replies: 1
get another key: 'right b'
delete what is missing: false
get the same key: 'right a'
get many: []
late replies: 1
get another key: 'right b'
delete what is missing: false
get the same key: 'right a'
set: false
late replies: 1
get another key: 'right b'
delete what is missing: false
get the same key: 'right a'
increment: false
late replies: 1
get another key: 'right b'
delete what is missing: false
get the same key: 'right a'
getVersion: false
late replies: 1
get another key: 'right b'
delete what is missing: false
get the same key: 'right a'

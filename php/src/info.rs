//! What phpinfo() says about the module, before its directives.

use std::ffi::CStr;

/// The table: its header, then its rows. Source: `php --ri memcache` of pecl/memcache 8.2.
pub(crate) const ROWS: [[&CStr; 2]; 2] = [[c"memcache support", c"enabled"], [c"Version", c"8.2"]];

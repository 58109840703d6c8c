//! The core that the PHP extension, the C library, the tools and the server share.

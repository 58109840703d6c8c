//! Declares the engine functions that `ext_php_rs::ffi` leaves out, from the installed PHP headers,
//! so that a signature that changes in a new PHP is a compile error and never garbage at run time.
//!
//! Reads the environment variables `PHP` and `PHP_CONFIG` (which PHP to build for) and writes
//! `more.rs` into `OUT_DIR`; `src/zend/ffi.rs` includes it.

// Build scripts talk to cargo on standard output; the ban is meant for the extension.
#![allow(clippy::disallowed_macros)]

use std::error::Error;
use std::path::Path;
use std::process::Command;

use ext_php_rs_build::{PHPInfo, emit_check_cfg, emit_php_cfg_flags, find_php};

/// Patterns of the items taken from the headers; every other type comes from `ext_php_rs::ffi`.
const WANTED: &[&str] = &[
    "zend_parse_arg_(long|double|bool|str)_slow",
    "zend_wrong_parameters_none_error",
    "zend_wrong_parameter_(class|type)_error",
    "zend_wrong_param_count",
    "zend_try_assign_typed_ref_zval",
    "_zend_handle_numeric_str_ex",
    "zend_ini_parse_bool",
    "zend_ini_parse_quantity_warn",
    "zend_ini_boolean_displayer_cb",
    "zend_unregister_ini_entries",
    "display_ini_entries",
    "zend_register_list_destructors_ex",
    "zend_register_resource",
    "zend_fetch_resource(_ex)?",
    "zend_list_free",
    "rsrc_dtor_func_t",
    "php_var_(un)?serialize(_init|_destroy)?",
    "php_(un)?serialize_data(_t)?",
    "smart_str",
    "zend_gcvt",
    "var_tmp_var",
    "zval_get_string_func",
    "zend_update_property_ex",
    "zend_strtod",
    "object_init_ex",
    "rc_dtor_func",
    "ZEND_ACC_ALLOW_DYNAMIC_PROPERTIES",
    "GC_NOT_COLLECTABLE",
];

fn main() -> Result<(), Box<dyn Error>> {
    for name in ["PHP", "PHP_CONFIG", "PATH"] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    println!("cargo:rerun-if-changed=build.rs");
    let info = PHPInfo::get(&find_php()?)?;
    emit_check_cfg();
    emit_php_cfg_flags(info.zend_version()?.try_into()?);

    let config = std::env::var_os("PHP_CONFIG").unwrap_or_else(|| "php-config".into());
    let output = Command::new(config).arg("--includes").output()?;
    let includes = String::from_utf8(output.stdout)?;
    let mut builder = bindgen::builder()
        .header_contents(
            "more.h",
            "#include \"php.h\"\n#include \"php_ini.h\"\n#include \"ext/standard/php_var.h\"\n\
             #include \"ext/standard/info.h\"\n#include \"zend_smart_str.h\"\n",
        )
        .clang_args(includes.split_whitespace())
        .allowlist_recursively(false)
        .override_abi(bindgen::Abi::C, "zend_vm_opcode_handler_t")
        .raw_line("use ext_php_rs::ffi::*;")
        .raw_line("type zend_result = std::os::raw::c_int;")
        .raw_line("type zend_expected_type = std::os::raw::c_uint;");
    if info.thread_safety()? {
        println!("cargo:rustc-cfg=php_zts");
        builder = builder.clang_arg("-DZTS=1");
    }
    if info.debug()? {
        println!("cargo:rustc-cfg=php_debug");
    }
    for name in WANTED {
        builder = builder.allowlist_item(name);
    }
    let out = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    builder
        .generate()?
        .write_to_file(Path::new(&out).join("more.rs"))?;
    Ok(())
}

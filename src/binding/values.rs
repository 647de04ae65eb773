//! JavaScript values by the raw interface: what the hot path needs, each a line or two, so that no call is hidden.

use napi::sys;
use std::ffi::{CStr, c_void};
use std::ptr;

/// A strong reference to a JavaScript value; dropped explicitly, since that needs the environment.
#[derive(Clone, Copy)]
pub(crate) struct Reference(sys::napi_ref);

impl Reference {
    /// Keeps `value` alive.
    pub(crate) fn new(env: sys::napi_env, value: sys::napi_value) -> Self {
        let mut reference = ptr::null_mut();
        // SAFETY: called on the environment's thread with a value of the current scope.
        unsafe { sys::napi_create_reference(env, value, 1, &raw mut reference) };
        Self(reference)
    }

    /// The value.
    pub(crate) fn value(self, env: sys::napi_env) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: on the environment's thread; the reference is alive until `release`.
        unsafe { sys::napi_get_reference_value(env, self.0, &raw mut value) };
        value
    }

    /// Lets the value go.
    pub(crate) fn release(self, env: sys::napi_env) {
        // SAFETY: on the environment's thread, once.
        unsafe { sys::napi_delete_reference(env, self.0) };
    }

    /// The reference as a number the engine carries without looking.
    pub(crate) fn into_token(self) -> usize {
        self.0 as usize
    }

    /// The reference behind such a number.
    pub(crate) fn from_token(token: usize) -> Self {
        Self(token as sys::napi_ref)
    }
}

/// `undefined`.
pub(crate) fn undefined(env: sys::napi_env) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: on the environment's thread.
    unsafe { sys::napi_get_undefined(env, &raw mut value) };
    value
}

/// A number.
pub(crate) fn uint32(env: sys::napi_env, number: u32) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: on the environment's thread.
    unsafe { sys::napi_create_uint32(env, number, &raw mut value) };
    value
}

/// True or false.
pub(crate) fn boolean(env: sys::napi_env, yes: bool) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: on the environment's thread.
    unsafe { sys::napi_get_boolean(env, yes, &raw mut value) };
    value
}

/// A number that may be negative.
pub(crate) fn int32(env: sys::napi_env, number: i32) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: on the environment's thread.
    unsafe { sys::napi_create_int32(env, number, &raw mut value) };
    value
}

/// An object with functions that are called with `data`.
pub(crate) fn functions(env: sys::napi_env, all: &[(&CStr, sys::napi_callback)], data: *mut c_void) -> sys::napi_value {
    let mut object = ptr::null_mut();
    // SAFETY: on the environment's thread.
    unsafe { sys::napi_create_object(env, &raw mut object) };
    for (name, callback) in all {
        let (mut function, length) = (ptr::null_mut(), name.count_bytes().cast_signed());
        // SAFETY: on the environment's thread; the name is copied.
        unsafe { sys::napi_create_function(env, name.as_ptr(), length, *callback, data, &raw mut function) };
        // SAFETY: as above, with values of this scope.
        unsafe { sys::napi_set_named_property(env, object, name.as_ptr(), function) };
    }
    object
}

/// Throws an error as soon as the current call returns, which it has to with this.
pub(crate) fn throw(env: sys::napi_env, message: &CStr) -> sys::napi_value {
    // SAFETY: on the environment's thread; the message is copied.
    unsafe { sys::napi_throw_error(env, ptr::null(), message.as_ptr()) };
    ptr::null_mut()
}

/// A number back.
pub(crate) fn to_uint32(env: sys::napi_env, value: sys::napi_value) -> Option<u32> {
    let mut number = 0;
    // SAFETY: on the environment's thread with a value of the current scope.
    let status = unsafe { sys::napi_get_value_uint32(env, value, &raw mut number) };
    (status == sys::Status::napi_ok).then_some(number)
}

/// A typed array: its kind, where its elements are and how many. Nothing when it is none, or detached.
fn typed_array(env: sys::napi_env, value: sys::napi_value) -> Option<(sys::napi_typedarray_type, *mut c_void, usize)> {
    let (mut kind, mut length, mut data) = (0, 0, ptr::null_mut());
    let (mut buffer, mut offset) = (ptr::null_mut(), 0);
    // SAFETY: on the environment's thread with a value of the current scope; all results are our own memory.
    let status = unsafe {
        sys::napi_get_typedarray_info(
            env,
            value,
            &raw mut kind,
            &raw mut length,
            &raw mut data,
            &raw mut buffer,
            &raw mut offset,
        )
    };
    (status == sys::Status::napi_ok).then_some((kind, data, length))
}

/// The bytes of a `Uint8Array` (or Buffer): where they are and how many. Nothing when it is none, or detached.
pub(crate) fn bytes_of(env: sys::napi_env, value: sys::napi_value) -> Option<(*const u8, usize)> {
    typed_array(env, value).map(|(_, data, length)| (data.cast_const().cast(), length))
}

/// The bytes of a `Uint8Array`, if it is one.
///
/// # Safety
/// The array stays alive and no JavaScript runs as long as they are borrowed.
pub(crate) unsafe fn borrow_bytes<'a>(env: sys::napi_env, value: sys::napi_value) -> Option<&'a [u8]> {
    let (start, length) = bytes_of(env, value)?;
    if length == 0 {
        return Some(&[]);
    }
    // SAFETY: V8's memory of the array, alive and unchanged as the caller promises.
    Some(unsafe { std::slice::from_raw_parts(start, length) })
}

/// Writes `numbers` to the beginning of a `Float64Array` that has room for them.
pub(crate) fn write_floats<const N: usize>(env: sys::napi_env, value: sys::napi_value, numbers: [f64; N]) {
    if let Some((sys::TypedarrayType::float64_array, data, length)) = typed_array(env, value)
        && length >= N
    {
        // SAFETY: a Float64Array's elements are aligned and belong to this thread; there are at least N of them.
        unsafe { data.cast::<[f64; N]>().write(numbers) };
    }
}

/// A string as UTF-8, in one call when it is of a usual length; nothing when it is no string.
pub(crate) fn text(env: sys::napi_env, value: sys::napi_value) -> Option<Vec<u8>> {
    const USUAL: usize = 2048;
    let mut bytes = Vec::with_capacity(USUAL);
    let length = write_text(env, value, &mut bytes)?;
    // It may have been cut: inside a character too, which takes at most four bytes, and there is a NUL behind it.
    if length + 5 > bytes.capacity() {
        let mut whole = 0;
        // SAFETY: on the environment's thread with a value of the current scope; without memory it only counts.
        unsafe { sys::napi_get_value_string_utf8(env, value, ptr::null_mut(), 0, &raw mut whole) };
        bytes.reserve(whole + 1);
        write_text(env, value, &mut bytes)?;
    }
    Some(bytes)
}

/// Fills `bytes`, up to its capacity.
fn write_text(env: sys::napi_env, value: sys::napi_value, bytes: &mut Vec<u8>) -> Option<usize> {
    let mut length = 0;
    // SAFETY: on the environment's thread with a value of the current scope; at most the capacity is written, a NUL
    // included.
    let status = unsafe {
        sys::napi_get_value_string_utf8(env, value, bytes.as_mut_ptr().cast(), bytes.capacity(), &raw mut length)
    };
    if status != sys::Status::napi_ok {
        return None;
    }
    // SAFETY: so many bytes were written just now.
    unsafe { bytes.set_len(length) };
    Some(length)
}

/// Takes element `index` of an array and leaves `undefined` in its place.
pub(crate) fn take_element(env: sys::napi_env, array: sys::napi_value, index: u32) -> sys::napi_value {
    let mut value = ptr::null_mut();
    // SAFETY: on the environment's thread with a value of the current scope.
    unsafe { sys::napi_get_element(env, array, index, &raw mut value) };
    // SAFETY: as above.
    unsafe { sys::napi_set_element(env, array, index, undefined(env)) };
    value
}

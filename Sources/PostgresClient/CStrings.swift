#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Texts as C strings for one call of libpq; freed with this value.
struct CStrings: ~Copyable {
    // Unsafe: C wants an array of pointers that live as long as its call.
    private let pointers: [UnsafePointer<CChar>?]

    /// A nil text is a null pointer.
    init(_ texts: [String?]) {
        pointers = texts.map { text in text.flatMap { strdup($0) }.map { UnsafePointer($0) } }
    }

    deinit { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }

    /// The pointers, valid during the call.
    borrowing func with<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
        pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
}

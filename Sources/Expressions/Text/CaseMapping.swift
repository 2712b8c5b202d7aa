#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Case mapping of single code points, as libc's UTF-8 locales do it: one code point in, one out.
enum CaseMapping {
    private typealias Mapping = @convention(c) (UInt32, locale_t) -> UInt32

    private struct Functions {
        var locale: locale_t
        var lower: Mapping
        var upper: Mapping
    }

    // Unsafe: the locale object is never changed or freed once made, so threads may share it. `towlower_l` and `towupper_l` have the
    // signature given here in every libc, and are looked up by name because the toolchain's map of libc leaves <wctype.h> out.
    nonisolated(unsafe) private static let functions: Functions? = {
        let names = ["C.UTF-8", "C.utf8", "UTF-8"]
        guard let locale = names.lazy.compactMap({ newlocale(LC_CTYPE_MASK, $0, nil) }).first,
            let process = dlopen(nil, RTLD_NOW), let lower = dlsym(process, "towlower_l"),
            let upper = dlsym(process, "towupper_l")
        else { return nil }
        return Functions(
            locale: locale,
            lower: unsafeBitCast(lower, to: Mapping.self),
            upper: unsafeBitCast(upper, to: Mapping.self)
        )
    }()

    /// Whether the machine has the locale; without it the catalog refuses `lower` and `upper`.
    static var isAvailable: Bool { functions != nil }

    static func lower(_ scalar: UInt32) -> UInt32 {
        guard let functions else { return scalar }
        return functions.lower(scalar, functions.locale)
    }

    static func upper(_ scalar: UInt32) -> UInt32 {
        guard let functions else { return scalar }
        return functions.upper(scalar, functions.locale)
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The process environment.
enum Environment {
    static subscript(name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

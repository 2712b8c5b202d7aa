#if canImport(Glibc)
    import Glibc
#endif

/// The operating system's copies of files in memory.
enum PageCache {
    /// Asks for the pages of a synced file to be dropped, and tells whether they are gone.
    ///
    /// A file system in memory keeps them, and so may one of a container; Darwin cannot be asked.
    static func drop(_ path: String) -> Bool {
        #if canImport(Glibc)
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            guard posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0 else { return false }
            let byteCount = lseek(descriptor, 0, SEEK_END)
            guard byteCount > 0 else { return false }
            return residentPart(of: descriptor, byteCount: byteCount) < 0.02
        #else
            return false
        #endif
    }

    #if canImport(Glibc)
        private static func residentPart(of descriptor: Int32, byteCount: Int) -> Double {
            let pageCount = (byteCount + Int(getpagesize()) - 1) / Int(getpagesize())
            guard let place = mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0), place != MAP_FAILED else {
                return 1
            }
            defer { munmap(place, byteCount) }
            var pages = [UInt8](repeating: 1, count: pageCount)
            guard mincore(place, byteCount, &pages) == 0 else { return 1 }
            return Double(pages.count { $0 & 1 != 0 }) / Double(pageCount)
        }
    #endif
}

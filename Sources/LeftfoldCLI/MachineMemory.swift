import Foundation

/// The memory that this process may use, and the part of it that is the budget when the configuration names none.
struct MachineMemory {
    /// Of the whole machine, in bytes.
    var physical: Int
    /// The text of a file; nil when it cannot be read.
    var read: (String) -> String?

    /// This machine's.
    static var current: MachineMemory {
        MachineMemory(physical: Int(clamping: ProcessInfo.processInfo.physicalMemory)) {
            try? String(contentsOfFile: $0, encoding: .utf8)
        }
    }

    /// A quarter of what may be used, at least 64 MB and at most 4 GB.
    var standardBudget: Int { min(max(usable / 4, 64 << 20), 4 << 30) }

    /// The least of the machine's memory and the limits of the control groups around this process, of versions 2 and 1.
    var usable: Int {
        let groups = (read("/proc/self/cgroup") ?? "").split(separator: "\n").flatMap(Self.limitPaths)
        return groups.compactMap { read($0).flatMap(Self.limit) }.reduce(physical, min)
    }

    /// The files with the limits of a line of `/proc/self/cgroup`: of the group itself and of all those around it.
    private static func limitPaths(_ line: Substring) -> [String] {
        let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return [] }
        let (root, name): (String, String)
        if fields[0] == "0", fields[1].isEmpty {
            (root, name) = ("/sys/fs/cgroup", "memory.max")
        } else if fields[1].split(separator: ",").contains("memory") {
            (root, name) = ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
        } else {
            return []
        }
        // A group outside of what this process sees begins with `..`: its own files are those of the root.
        let components = fields[2].split(separator: "/")
        guard !components.contains("..") else { return ["\(root)/\(name)"] }
        return (0...components.count).map { count in
            ([root] + components.prefix(count).map(String.init) + [name]).joined(separator: "/")
        }
    }

    /// Nil for `max`, and for what is no limit.
    private static func limit(_ text: String) -> Int? {
        Int(text.trimmingCharacters(in: .whitespacesAndNewlines)).flatMap { $0 > 0 ? $0 : nil }
    }
}

import Testing

@testable import LeftfoldCLI

@Suite struct MachineMemoryTests {
    private static func memory(_ physical: Int, _ files: [String: String] = [:]) -> MachineMemory {
        MachineMemory(physical: physical) { files[$0] }
    }

    @Test func `a machine without limits gives a quarter, within bounds`() {
        #expect(Self.memory(8 << 30).usable == 8 << 30)
        #expect(Self.memory(8 << 30).standardBudget == 2 << 30)
        #expect(Self.memory(128 << 20).standardBudget == 64 << 20)
        #expect(Self.memory(0).standardBudget == 64 << 20)
        #expect(Self.memory(64 << 30).standardBudget == 4 << 30)
    }

    @Test func `the least limit of the groups of version 2 counts`() {
        var files = [
            "/proc/self/cgroup": "0::/system.slice/leftfold.service\n",
            "/sys/fs/cgroup/system.slice/leftfold.service/memory.max": "max\n",
            "/sys/fs/cgroup/system.slice/memory.max": "1073741824\n",
        ]
        #expect(Self.memory(8 << 30, files).usable == 1 << 30)
        files["/sys/fs/cgroup/system.slice/leftfold.service/memory.max"] = "536870912\n"
        #expect(Self.memory(8 << 30, files).usable == 512 << 20)
        #expect(Self.memory(256 << 20, files).usable == 256 << 20)
    }

    @Test func `a container sees its limit at the root`() {
        for path in ["/", "/../../other"] {
            let files = ["/proc/self/cgroup": "0::\(path)\n", "/sys/fs/cgroup/memory.max": "\(2 << 30)\n"]
            #expect(Self.memory(8 << 30, files).standardBudget == 512 << 20, "\(path)")
        }
    }

    @Test func `limits of version 1 count, that of the host's name for the group or of the root`() {
        let groups = "9:cpu,cpuacct:/x\n5:memory:/docker/ab:cd\n0::/docker\n"
        let own = [
            "/proc/self/cgroup": groups, "/sys/fs/cgroup/memory/docker/ab:cd/memory.limit_in_bytes": "\(1 << 30)",
        ]
        #expect(Self.memory(8 << 30, own).usable == 1 << 30)
        let root = ["/proc/self/cgroup": groups, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "\(3 << 30)"]
        #expect(Self.memory(8 << 30, root).usable == 3 << 30)
        let none = ["/proc/self/cgroup": groups, "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712"]
        #expect(Self.memory(8 << 30, none).usable == 8 << 30)
    }

    @Test(arguments: ["", "max", "-1", "0", "ten", "99999999999999999999", "\u{0}"])
    func `what is no limit is none`(text: String) {
        let files = ["/proc/self/cgroup": "0::/\nbroken\n::\n", "/sys/fs/cgroup/memory.max": text]
        #expect(Self.memory(8 << 30, files).usable == 8 << 30)
    }

    @Test func `this machine has memory, and says in which groups it is`() {
        let memory = MachineMemory.current
        #expect(memory.usable > 64 << 20 && memory.usable <= memory.physical)
        #if os(Linux)
            #expect(memory.read("/proc/self/cgroup")?.contains(":") == true)
        #endif
    }
}

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A program started with a clean state: no signal blocked or ignored, no file of ours open, in a process group of its own.
///
/// Foundation's `Process` hands on the starting thread's signal mask; a shell that waits for its child then never wakes.
struct ChildProcess {
    let processID: pid_t
    /// The writing end of its standard input; -1 once closed.
    private(set) var input: Int32
    /// The reading end of its standard output and error; -1 when they go nowhere.
    private(set) var output: Int32

    struct Result {
        var status: Int32
        /// Standard output and standard error, in the order they came.
        var output: String
    }

    /// Starts `words[0]`, which must be a path, in `directory`.
    init(_ words: [String], keepsOutput: Bool, directory: String? = nil) throws(LocalPostgresError) {
        let (theirInput, ourInput) = try Self.makePipe()
        let (ourOutput, theirOutput) = keepsOutput ? try Self.makePipe() : (-1, open("/dev/null", O_WRONLY | O_CLOEXEC))
        defer {
            close(theirInput)
            close(theirOutput)
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, theirInput, 0)
        posix_spawn_file_actions_adddup2(&actions, theirOutput, 1)
        posix_spawn_file_actions_adddup2(&actions, theirOutput, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        #if canImport(Glibc)
            let closing: Int32 = 0
            for descriptor in Int32(3)..<1024 { posix_spawn_file_actions_addclose(&actions, descriptor) }
        #else
            let closing = POSIX_SPAWN_CLOEXEC_DEFAULT
        #endif
        let flags =
            Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETPGROUP) | closing
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
        let words = directory.map { ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, $0] + words } ?? words
        var arguments = words.map { strdup($0) }
        defer { for argument in arguments { free(argument) } }
        arguments.append(nil)
        var started = pid_t()
        let status = posix_spawn(&started, words[0], &actions, &attributes, arguments, environ)
        guard status == 0 else {
            close(ourInput)
            if ourOutput >= 0 { close(ourOutput) }
            throw LocalPostgresError(
                .commandFailed,
                "\(words[0]) cannot be started",
                detail: String(cString: strerror(status))
            )
        }
        (processID, input, output) = (started, ourInput, ourOutput)
    }

    /// Runs a program to its end; a status that is not 0 is the caller's to judge.
    static func run(
        _ words: [String],
        input: String = "",
        directory: String? = nil
    ) throws(LocalPostgresError) -> Result {
        var child = try ChildProcess(words, keepsOutput: true, directory: directory)
        child.endInput(input)
        let output = child.readOutput()
        return Result(status: child.wait(), output: output)
    }

    /// Writes `text` and closes the program's input.
    mutating func endInput(_ text: String = "") {
        guard input >= 0 else { return }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { break }
            bytes = bytes.dropFirst(written)
        }
        close(input)
        input = -1
    }

    /// Waits for the end and returns the exit status, or 128 and the signal's number.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0 {
            guard errno == EINTR else { return -1 }
        }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    }

    private mutating func readOutput() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let received = read(output, &buffer, buffer.count)
            if received < 0 && errno == EINTR { continue }
            guard received > 0 else { break }
            bytes += buffer[..<received]
        }
        close(output)
        output = -1
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func makePipe() throws(LocalPostgresError) -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw LocalPostgresError(.commandFailed, "no pipe can be opened") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

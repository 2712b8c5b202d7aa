#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The operating system user that a server runs as. Postgres refuses to run as root.
struct ServerUser: Sendable {
    /// Nil when the server runs as the current user.
    var switchTo: (uid: uid_t, gid: gid_t)?

    /// The current user, or for root `postgres` or `nobody`.
    static func find() throws(LocalPostgresError) -> ServerUser {
        guard geteuid() == 0 else { return ServerUser(switchTo: nil) }
        for name in ["postgres", "nobody"] {
            if let entry = getpwnam(name) { return ServerUser(switchTo: (entry.pointee.pw_uid, entry.pointee.pw_gid)) }
        }
        throw LocalPostgresError(
            .userMissing,
            "Postgres refuses to run as root and there is no user postgres or nobody",
            hint: "run as another user, or: useradd --system postgres"
        )
    }

    /// The words to put before a command so that it runs as this user, under its own process id.
    var prefix: [String] {
        guard let switchTo else { return [] }
        return ["setpriv", "--reuid=\(switchTo.uid)", "--regid=\(switchTo.gid)", "--clear-groups", "--"]
    }

    /// Gives a file or folder to this user.
    func own(_ path: String) throws(LocalPostgresError) {
        guard let switchTo else { return }
        guard chown(path, switchTo.uid, switchTo.gid) == 0 else {
            throw LocalPostgresError(.folder, "\(path) cannot be given to user \(switchTo.uid)")
        }
    }
}

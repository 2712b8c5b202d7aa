import Relational
import Synchronization

extension EventLog {
    /// Who reads the log and may hold tombstones, by name.
    public var cursors: [LogCursor] { monitor.withLock { state.cursors } }

    /// Registers cursors, or notes that they have moved; durable on return. A cursor never moves back, and its time stays while it stands.
    ///
    /// - Throws: `invalidAppend` for a name with a line end; `diskFull`, `poisoned`, `closed`, or what the file system said.
    public func noteCursors(_ moved: [LogCursor]) throws(LogError) {
        for cursor in moved where cursor.name.isEmpty || cursor.name.contains(where: \.isNewline) {
            throw LogError(.invalidAppend, "a cursor's name is a line of text")
        }
        try replaceCursors { cursors in
            for cursor in moved {
                guard let index = cursors.firstIndex(where: { $0.name == cursor.name }) else {
                    cursors.append(cursor)
                    continue
                }
                if cursor.offset > cursors[index].offset { cursors[index] = cursor }
            }
            cursors.sort { $0.name < $1.name }
        }
    }

    /// Forgets a cursor; durable on return.
    public func removeCursor(_ name: String) throws(LogError) {
        try replaceCursors { cursors in cursors.removeAll { $0.name == name } }
    }

    private func replaceCursors(_ change: (inout [LogCursor]) -> Void) throws(LogError) {
        try replacing.withLock { (_) throws(LogError) in
            var cursors = try monitor.withLock { () throws(LogError) in
                try state.checkWritable()
                return state.cursors
            }
            let before = cursors
            change(&cursors)
            guard cursors != before else { return }
            try CursorFile.write(cursors, in: directory, fileSystem: fileSystem)
            monitor.withLock { state.cursors = cursors }
        }
    }
}

import Expressions
import Relational

/// What a checkpoint says of each operator beside its runs: error rows, failure, rows held.
///
/// | content | form |
/// |---|---|
/// | number of operators | varint |
/// | for each: name | text |
/// | error counts | number as a varint, then zigzag varints |
/// | pieces of state | number as a varint, then the rows of each as a zigzag varint |
/// | failure | 0, or 1 and code, message, detail, hint, relation's schema and name as texts; an empty text for none |
struct OperatorNotes {
    struct Note {
        var errors: ErrorCounts
        var pieces: [StateNote]
        var failure: DataflowError?
    }

    private(set) var byName: [String: Note] = [:]

    init(_ operators: [Operator]) {
        for node in operators {
            byName[node.stateName] = Note(
                errors: node.errors,
                pieces: node.pieces.map(\.note),
                failure: node.failure
            )
        }
    }

    /// Nil when there are no bytes or they are damaged.
    init?(_ bytes: [UInt8]?) {
        guard let bytes else { return nil }
        let isSound = bytes.withUnsafeBytes { raw in
            var input = StateBytes(raw)
            let count = input.varint()
            guard count <= UInt64(raw.count) else { return false }
            for _ in 0..<count {
                let name = input.text()
                var errors: [Int64] = []
                for _ in 0..<min(input.varint(), UInt64(raw.count)) { errors.append(input.zigzag()) }
                var pieces: [StateNote] = []
                for _ in 0..<min(input.varint(), UInt64(raw.count)) {
                    pieces.append(StateNote(rowCount: Int(input.zigzag())))
                }
                let failure = input.byte() == 0 ? nil : DataflowError(from: &input)
                byName[name] = Note(errors: ErrorCounts(errors), pieces: pieces, failure: failure)
            }
            return input.isAtEnd
        }
        guard isSound else { return nil }
    }

    var bytes: [UInt8] {
        var slab = ByteSlab()
        slab.append(varint: UInt64(byName.count))
        for name in byName.keys.sorted() {
            guard let note = byName[name] else { continue }
            slab.append(text: name)
            slab.append(varint: UInt64(note.errors.all.count))
            for count in note.errors.all { slab.append(zigzag: count) }
            slab.append(varint: UInt64(note.pieces.count))
            for piece in note.pieces { slab.append(zigzag: Int64(piece.rowCount)) }
            slab.append(byte: note.failure == nil ? 0 : 1)
            note.failure?.encode(into: &slab)
        }
        return Array(slab.bytes)
    }
}

extension DataflowError {
    fileprivate func encode(into slab: inout ByteSlab) {
        let parts = [code.name, message, detail, hint, relation?.schema, relation?.name]
        for part in parts { slab.append(text: part ?? "") }
    }

    fileprivate init(from input: inout StateBytes) {
        let code = Code(name: input.text())
        let message = input.text()
        self.init(code, message)
        let rest = (0..<4).map { _ in input.text() }
        detail = rest[0].isEmpty ? nil : rest[0]
        hint = rest[1].isEmpty ? nil : rest[1]
        if !rest[3].isEmpty { relation = QualifiedName(schema: rest[2], name: rest[3]) }
    }
}

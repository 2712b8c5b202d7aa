import Relational
import ViewStores

/// Rows as hashes: a field for each column that is not NULL, its value as Postgres prints it.
///
/// A row of NULLs alone has the one field `_leftfold`: Redis keeps no empty hash.
struct HashFields: ~Copyable {
    private static let emptyField: StaticString = "_leftfold"

    private let encodings: [Encoding]
    private let names: [[UInt8]]
    private var scratch = ByteSlab()

    init(_ view: ViewTable) {
        encodings = view.columns.map(\.type.encoding)
        names = view.columns.map { Array($0.name.utf8) }
    }

    /// The commands that put a row in the place of whatever is there.
    mutating func append(
        _ row: RowView,
        _ base: UnsafeRawBufferPointer,
        _ name: UnsafeRawBufferPointer,
        ttl: Int64,
        to commands: inout CommandBuffer
    ) {
        commands.begin("UNLINK", 2)
        commands.argument(base, name)
        let columns = encodings.indices.filter { !row.isNull($0) }
        commands.begin("HSET", 2 + 2 * max(columns.count, 1))
        commands.argument(base, name)
        for column in columns {
            names[column].withUnsafeBytes { commands.argument($0) }
            commands.argument(text(row, column))
        }
        if columns.isEmpty {
            commands.argument("\(Self.emptyField)")
            commands.argument("")
        }
        if ttl > 0 {
            commands.begin("PEXPIRE", 3)
            commands.argument(base, name)
            commands.argument(String(ttl))
        }
    }

    /// Whether the answer of HGETALL is exactly this row.
    mutating func isImage(_ held: RedisValue, of row: RowView) -> Bool {
        var found = 0
        for index in stride(from: 0, to: held.count - 1, by: 2) {
            guard let name = held[index]?.bytes, let value = held[index + 1]?.bytes else { return false }
            if name.elementsEqual("\(Self.emptyField)".utf8) { continue }
            guard let column = names.firstIndex(where: { name.elementsEqual($0) }), !row.isNull(column),
                text(row, column).elementsEqual(value)
            else { return false }
            found += 1
        }
        return found == encodings.indices.count { !row.isNull($0) }
    }

    /// Appends the row of an answer of HGETALL; false, with nothing appended, when it is no row of the view.
    func decode(_ held: RedisValue, into rows: inout ZSet) -> Bool {
        let row = rows.beginRow(columnCount: encodings.count)
        for index in stride(from: 0, to: held.count - 1, by: 2) {
            guard let name = held[index]?.bytes, let value = held[index + 1]?.bytes else { continue }
            if name.elementsEqual("\(Self.emptyField)".utf8) { continue }
            guard let column = names.firstIndex(where: { name.elementsEqual($0) }),
                (try? TextCodec.decode(value, as: encodings[column], column: column, row: row, into: &rows.slab)) != nil
            else {
                rows.cancelRow(row)
                return false
            }
        }
        rows.endRow(row, weight: 1)
        return true
    }

    private mutating func text(_ row: RowView, _ column: Int) -> UnsafeRawBufferPointer {
        scratch.removeAll()
        TextCodec.encode(row, column: column, as: encodings[column], into: &scratch)
        return scratch.bytes
    }
}

import Relational
import ViewStores

/// Names of rows, sorted and each once.
struct NameList: ~Copyable {
    struct Place: BitwiseCopyable {
        var start: Int
        var count: Int
    }

    private var bytes = ByteSlab()
    private var places = GrowableBuffer<Place>()

    var count: Int { places.count }

    mutating func append(_ name: UnsafeRawBufferPointer) {
        places.append(Place(start: bytes.count, count: name.count))
        bytes.append(name)
    }

    subscript(index: Int) -> UnsafeRawBufferPointer { name(places[index]) }

    private func name(_ place: Place) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes.bytes[place.start..<(place.start + place.count)])
    }

    mutating func sort() {
        let base = bytes.bytes
        func name(_ place: Place) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: base[place.start..<(place.start + place.count)])
        }
        var all = UnsafeMutableBufferPointer(start: places.base, count: places.count)
        all.sort { name($0).lexicographicallyPrecedes(name($1)) }
        var kept = 0
        for index in 0..<all.count {
            if kept > 0, name(all[kept - 1]).elementsEqual(name(all[index])) { continue }
            all[kept] = all[index]
            kept += 1
        }
        if kept < all.count { places.resize(to: kept, filling: Place(start: 0, count: 0)) }
    }
}

/// Values of keys as packed rows, each held against the name of its key.
struct RowReader: ~Copyable {
    let form: CacheForm
    private let view: ViewTable
    private let prefix: [UInt8]
    private var names: KeyWriter
    private var documents: DocumentDecoder
    private let fields: HashFields
    private var name = ByteSlab()

    init(_ view: ViewTable, prefix: String) throws(StoreError) {
        self.view = view
        self.prefix = Array(prefix.utf8)
        form = try CacheForm(view)
        names = KeyWriter(view)
        documents = DocumentDecoder(view)
        fields = HashFields(view)
    }

    /// One MGET, or an HGETALL for each hash.
    func commands(_ list: borrowing NameList, _ range: Range<Int>) -> CommandBuffer {
        var commands = CommandBuffer()
        if !form.isHash { commands.begin("MGET", 1 + range.count) }
        prefix.withUnsafeBytes { prefix in
            for index in range {
                if form.isHash { commands.begin("HGETALL", 2) }
                commands.argument(prefix, list[index])
            }
        }
        return commands
    }

    /// Appends the row under a name, as often as it stands for; nothing for a key that is gone.
    ///
    /// - Throws: `inconsistent` for a value that is no row, or the row of another key.
    mutating func append(
        _ value: RedisValue,
        _ key: UnsafeRawBufferPointer,
        to rows: inout ZSet
    ) throws(StoreError) {
        if let error = value.error {
            guard error.word == "WRONGTYPE" else { throw StoreError(error, while: "rows were read") }
            throw foreign(key, "it is of another type")
        }
        var count: Int64 = 1
        if form.isHash {
            if value.count == 0 { return }
            guard fields.decode(value, into: &rows) else { throw foreign(key, "its fields are no row of it") }
        } else {
            if value.isNil { return }
            guard let bytes = value.bytes, let found = documents.append(bytes, to: &rows) else {
                throw foreign(key, "its value is no document of it")
            }
            count = found
        }
        let row = rows.count - 1
        name.removeAll()
        names.append(rows.row(at: row), to: &name)
        guard name.bytes.elementsEqual(key) else { throw foreign(key, "it holds the row of another key") }
        guard count > 1 else { return }
        // A row cannot be appended to the slab it lies in: the slab may move.
        var copy = ZSet()
        copy.append(rows.row(at: row), weight: 1)
        for _ in 1..<count { rows.append(copy.row(at: 0), weight: 1) }
    }

    private func foreign(_ key: UnsafeRawBufferPointer, _ problem: String) -> StoreError {
        let name = String(decoding: prefix, as: UTF8.self) + String(decoding: key.prefix(200), as: UTF8.self)
        return .inconsistent(view.name, "key \(name) was not written by Leftfold", detail: problem)
    }
}

import BigInt
import Relational

/// A group as it stands in runs: row count, accumulators, then the image as `RowCodec` writes it. Numbers are zigzag varints.
extension Groups {
    /// Appends a group that is there.
    func encode(_ group: UInt32, _ images: RowCodec, into slab: inout ByteSlab) {
        let place = table.pointer(group)
        slab.append(zigzag: place.load(as: Int64.self))
        for index in 0..<accumulators.count {
            let block = place + accumulators[index].offset
            switch accumulators[index].kind {
            case .rows, .values: slab.append(zigzag: block.load(as: Int64.self))
            case .integers: slab.append(words: block, count: 3)
            case .numerics:
                slab.append(words: block, count: 3)
                slab.append(varint: UInt64(block.load(fromByteOffset: 24, as: UInt16.self)))
                let extra = block.load(fromByteOffset: 28, as: UInt32.self)
                slab.append(byte: extra == 0 ? 0 : 1)
                if extra != 0 { extras.numerics[extra].encode(into: &slab) }
            case .floats:
                slab.append(words: block, count: 3)
                slab.append(zigzag: Int64(block.load(fromByteOffset: 24, as: Int32.self)))
                let extra = block.load(fromByteOffset: 28, as: UInt32.self)
                slab.append(byte: extra == 0 ? 0 : 1)
                if extra != 0 { extras.floats[extra].encode(into: &slab) }
            case .ordered, .listed: break
            }
        }
        if imageIsUnique && !isGlobal { images.encode(table.image(group), into: &slab) }
    }

    /// Adds the group of a key as it was encoded; its ordered values are still to come. Nil when the bytes are damaged.
    mutating func decode(
        _ bytes: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer,
        _ hash: UInt64,
        _ images: RowCodec
    ) throws(DataflowError) -> UInt32? {
        var input = StateBytes(bytes)
        let rowCount = input.zigzag()
        var block = ByteSlab()
        var madeNumerics: [(Int, NumericExtra)] = []
        var madeFloats: [(Int, FloatExtra)] = []
        for index in 0..<accumulators.count {
            let start = block.count
            switch accumulators[index].kind {
            case .rows, .values: block.append(integer: input.zigzag())
            case .integers: for _ in 0..<3 { block.append(integer: input.zigzag()) }
            case .numerics:
                for _ in 0..<3 { block.append(integer: input.zigzag()) }
                block.append(integer: UInt16(truncatingIfNeeded: input.varint()))
                block.append(integer: UInt16(0))
                block.append(integer: UInt32(0))
                if input.byte() != 0 {
                    guard let extra = NumericExtra(from: &input) else { return nil }
                    madeNumerics.append((start + 28, extra))
                }
            case .floats:
                for _ in 0..<3 { block.append(integer: input.zigzag()) }
                block.append(integer: Int32(truncatingIfNeeded: input.zigzag()))
                block.append(integer: UInt32(0))
                if input.byte() != 0 {
                    guard let extra = FloatExtra(from: &input) else { return nil }
                    madeFloats.append((start + 28, extra))
                }
            case .ordered, .listed: block.append(integer: UInt64(0))
            }
        }
        guard input.isValid, rowCount > 0 || isGlobal else { return nil }
        var image = ByteSlab()
        if imageIsUnique && !isGlobal {
            guard images.decode(input.rest, into: &image) != nil else { return nil }
        } else if !input.isAtEnd {
            return nil
        }
        for (place, extra) in madeNumerics { block.store(extras.numerics.add(extra), at: place) }
        for (place, extra) in madeFloats { block.store(extras.floats.add(extra), at: place) }
        let group = try table.insert(key, hash, image: image.bytes)
        let place = table.pointer(group)
        place.storeBytes(of: rowCount, as: Int64.self)
        (place + GroupTable.accumulatorsStart).copyMemory(from: block.base, byteCount: block.count)
        return group
    }
}

extension NumericExtra {
    func encode(into slab: inout ByteSlab) {
        slab.append(varint: UInt64(scales.count))
        for (scale, count) in scales {
            slab.append(varint: UInt64(scale))
            slab.append(zigzag: count)
        }
        for count in [nanCount, positiveInfinityCount, negativeInfinityCount] { slab.append(zigzag: count) }
        guard let wide else { return slab.append(varint: 0) }
        let words = Array(wide.magnitude.words)
        slab.append(varint: UInt64(words.count + 1))
        slab.append(byte: wide.sign == .minus ? 1 : 0)
        for word in words { slab.append(integer: UInt64(word)) }
    }

    init?(from input: inout StateBytes) {
        self.init()
        let scaleCount = input.varint()
        // A numeric has at most 16383 digits behind its point.
        guard scaleCount <= 16384 else { return nil }
        for _ in 0..<scaleCount {
            let scale = input.varint()
            guard scale <= 16383 else { return nil }
            scales.append((Int(scale), input.zigzag()))
        }
        nanCount = input.zigzag()
        positiveInfinityCount = input.zigzag()
        negativeInfinityCount = input.zigzag()
        let wordCount = input.varint()
        guard wordCount < 1 << 16, input.isValid else { return nil }
        guard wordCount > 0 else { return }
        let isNegative = input.byte() != 0
        var words: [UInt] = []
        for _ in 1..<wordCount { words.append(UInt(input.integer(UInt64.self))) }
        guard input.isValid else { return nil }
        wide = BigInt(sign: isNegative ? .minus : .plus, magnitude: BigUInt(words: words))
    }
}

extension FloatExtra {
    func encode(into slab: inout ByteSlab) {
        for count in [nanCount, positiveInfinityCount, negativeInfinityCount, negativeZeroCount] {
            slab.append(zigzag: count)
        }
        slab.append(byte: exact == nil ? 0 : 1)
        exact?.encode(into: &slab)
    }

    init?(from input: inout StateBytes) {
        self.init()
        nanCount = input.zigzag()
        positiveInfinityCount = input.zigzag()
        negativeInfinityCount = input.zigzag()
        negativeZeroCount = input.zigzag()
        if input.byte() != 0 { exact = ExactFloatSum(from: &input) }
        guard input.isValid else { return nil }
    }
}

extension ByteSlab {
    /// Appends 8-byte words of a block as numbers.
    fileprivate mutating func append(words block: UnsafeMutableRawPointer, count: Int) {
        for word in 0..<count { append(zigzag: block.load(fromByteOffset: 8 * word, as: Int64.self)) }
    }
}

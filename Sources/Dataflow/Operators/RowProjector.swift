import Relational

/// Builds rows from columns of one row, or of two rows side by side, without evaluating anything.
///
/// Up to 21 columns are written in one go (slots, null bits, then variable parts); wider rows go column by column.
struct RowProjector {
    private struct Source {
        /// 0 for the left row, 1 for the right one.
        var side: Int
        var column: Int
        var isFixed: Bool
    }

    private let sources: FixedList<Source>
    private let hasVariable: Bool

    /// Columns of one row.
    init(columns: [Int], types: [ScalarType]) {
        self.init(columns: columns, leftTypes: types, rightTypes: [])
    }

    /// Indexes into the left columns, then the right ones.
    init(columns: [Int], leftTypes: [ScalarType], rightTypes: [ScalarType]) {
        let sources = columns.map { index in
            let side = index < leftTypes.count ? 0 : 1
            let column = side == 0 ? index : index - leftTypes.count
            let type = side == 0 ? leftTypes[column] : rightTypes[column]
            return Source(side: side, column: column, isFixed: type.encoding.isFixed)
        }
        hasVariable = sources.contains { !$0.isFixed }
        self.sources = FixedList(sources)
    }

    @inline(__always)
    func project(_ row: RowView, weight: Int64, into output: inout ZSet) {
        project(row, row, weight: weight, into: &output)
    }

    /// `right` nil reads as NULLs; neither row may lie in `output`.
    @inline(__always)
    func project(_ left: RowView, _ right: RowView?, weight: Int64, into output: inout ZSet) {
        if sources.count <= 21 {
            narrow(left, right, weight, &output)
        } else {
            wide(left, right, weight, &output)
        }
    }

    @inline(__always)
    private func narrow(_ left: RowView, _ right: RowView?, _ weight: Int64, _ output: inout ZSet) {
        let start = output.slab.count
        let fixedByteCount = 8 &+ 8 &* sources.count
        var byteCount = fixedByteCount
        if hasVariable {
            for index in 0..<sources.count {
                let source = sources[index]
                if source.isFixed { continue }
                guard let row = source.side == 0 ? left : right else { continue }
                byteCount &+= Int(row.slot(source.column) >> 32)
            }
            byteCount = (byteCount &+ 7) & ~7
        }
        let place = output.slab.extend(by: byteCount)
        // The last bytes may be padding.
        place.storeBytes(of: 0, toByteOffset: byteCount &- 8, as: UInt64.self)
        var nulls: UInt32 = 0
        var slotPlace = 8
        var variable = fixedByteCount
        var bit: UInt32 = 1 << 11
        for index in 0..<sources.count {
            let source = sources[index]
            var slot: UInt64 = 0
            if let row = source.side == 0 ? left : right, !row.isNull(source.column) {
                slot = row.slot(source.column)
                if !source.isFixed {
                    let length = Int(slot >> 32)
                    (place + variable).copyMemory(from: row.base + Int(slot & 0xFFFF_FFFF), byteCount: length)
                    slot = UInt64(length) << 32 | UInt64(variable)
                    variable &+= length
                }
            } else {
                nulls |= bit
            }
            bit <<= 1
            place.storeBytes(of: slot, toByteOffset: slotPlace, as: UInt64.self)
            slotPlace &+= 8
        }
        place.storeBytes(of: UInt32(truncatingIfNeeded: sources.count) | nulls, toByteOffset: 4, as: UInt32.self)
        output.endRow(start, weight: weight)
    }

    private func wide(_ left: RowView, _ right: RowView?, _ weight: Int64, _ output: inout ZSet) {
        let start = output.beginRow(columnCount: sources.count)
        for index in 0..<sources.count {
            let source = sources[index]
            guard let row = source.side == 0 ? left : right else { continue }
            output.slab.set(index, copying: row, column: source.column, isFixed: source.isFixed, in: start)
        }
        output.endRow(start, weight: weight)
    }
}

import Expressions
import Relational
import StateFiles

/// The rows of groups, before and after an epoch.
extension Groups {
    /// Renders a group as it is before the epoch.
    mutating func publish(_ group: UInt32) throws(DataflowError) -> Int32 {
        var rows = ZSet()
        swap(&rows, &published)
        defer { swap(&rows, &published) }
        switch try render(group, into: &rows) {
        case .row: return Int32(truncatingIfNeeded: rows.count - 1)
        case .error(let error): return -2 - Int32(error.rawValue)
        }
    }

    private enum Rendered {
        case row
        case error(EvaluationError)
    }

    private mutating func render(_ group: UInt32, into output: inout ZSet) throws(DataflowError) -> Rendered {
        let place = table.pointer(group)
        var image: RowView?
        if !isGlobal {
            image = imageIsUnique ? table.image(group) : smallestImage(place)
        }
        do throws(EvaluationError) {
            try renderer.render(place, image: image, extras, into: &output)
            return .row
        } catch {
            return .error(error)
        }
    }

    /// The smallest image by bytes, copied to where a row may lie.
    private mutating func smallestImage(_ place: UnsafeMutableRawPointer) -> RowView? {
        let root = extras.root(place + imageOffset, at: .least)
        guard let bytes = extras.ordered.leastKey(root) else { return nil }
        extras.scratch.removeAll()
        extras.scratch.append(bytes)
        return RowView(extras.scratch.base)
    }

    // MARK: Changes

    /// Puts out the change of the row of each touched group.
    mutating func putOut(into output: inout ZSet, errors: inout ErrorCounts) throws(DataflowError) {
        if !extras.partials.isEmpty { try fillEnds() }
        var rowCounts = GrowableBuffer<Int64>(capacity: Self.chunk)
        var start = 0
        while start < touches.count {
            let end = min(start &+ Self.chunk, touches.count)
            rowCounts.removeAll()
            ahead.removeAll()
            for index in start..<end {
                rowCounts.append(table.pointer(touches[index].group).load(as: Int64.self))
                if !isGlobal { ahead.append(table.read(touches[index].group)) }
            }
            for index in start..<end {
                try putOut(touches[index], rowCount: rowCounts[index &- start], into: &output, errors: &errors)
            }
            start = end
        }
    }

    @inline(__always)
    private mutating func putOut(
        _ touch: Touch,
        rowCount: Int64,
        into output: inout ZSet,
        errors: inout ErrorCounts
    ) throws(DataflowError) {
        guard rowCount >= 0 else { throw DataflowError(.negativeWeight, "a group would have \(rowCount) rows") }
        table.pointer(touch.group).storeBytes(of: 0, toByteOffset: 8, as: UInt32.self)
        count &+= (rowCount > 0 || isGlobal ? 1 : 0) &- (touch.published != -1 ? 1 : 0)
        if files.isTracking { noteUnwritten(touch.group) }
        if touch.published >= 0 {
            output.append(published.row(at: Int(touch.published)), weight: -1)
        } else if touch.published < -1 {
            try count(Int32(-2) - touch.published, -1, &errors)
        }
        if rowCount == 0 && !isGlobal {
            release(touch.group)
            if files.keepsVacant {
                table.clearAccumulators(touch.group)
            } else {
                table.remove(touch.group, touch.hash)
            }
            return
        }
        switch try render(touch.group, into: &output) {
        case .error(let error): try errors.add(error, weight: 1)
        case .row
        where touch.published >= 0
            && output.row(at: output.count - 1).hasSameImage(as: output.row(at: output.count - 2)):
            output.removeLast()
            output.removeLast()
        case .row: break
        }
    }

    private func count(_ code: Int32, _ weight: Int64, _ errors: inout ErrorCounts) throws(DataflowError) {
        guard let error = EvaluationError(rawValue: UInt8(truncatingIfNeeded: code)) else { return }
        try errors.add(error, weight: weight)
    }
}

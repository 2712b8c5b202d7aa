import Relational

/// Which segments are rewritten, and which of them together; newest first.
///
/// Adjacent segments are put together while their living bytes fit one segment. A segment that nothing leaves joins others only when it is at most
/// twice as large as all of them, so that a large file is not written again and again for a small neighbour; and what was clean and stays as it
/// is, is not touched: a second run changes nothing.
struct CompactionPlan {
    private(set) var groups: [Range<Int>] = []

    private struct Part {
        var living: Int64
        var isTouched: Bool
        var isDirty: Bool
    }

    init(_ scope: CompactionScope, _ findings: borrowing SurveyFindings, byteTarget: Int64, takesSpareFrames: Bool) {
        var parts: [Part] = []
        for (index, segment) in scope.segments.enumerated() {
            let tally = findings.tallies[index]
            let isSpared = takesSpareFrames && tally.spareBytes > segment.byteCount / 16
            parts.append(
                Part(
                    living: tally.livingBytes(of: segment),
                    isTouched: tally.deadRecords > 0 || tally.alteredRecords > 0 || isSpared,
                    isDirty: index >= scope.cleanCount
                )
            )
        }
        var end = parts.count
        while end > 0 {
            let group = Self.group(endingAt: end, parts, byteTarget)
            let members = parts[group]
            if members.contains(where: \.isTouched) || members.count > 1 {
                groups.append(group)
                end = group.lowerBound
            } else {
                end -= 1
            }
        }
    }

    /// The largest group whose last segment is the one before `end`; that one alone when none may be put together.
    private static func group(endingAt end: Int, _ parts: [Part], _ byteTarget: Int64) -> Range<Int> {
        var start = end - 1
        var sum = parts[start].living
        var best = start..<end
        while start > 0, sum + parts[start - 1].living <= byteTarget {
            start -= 1
            sum += parts[start].living
            if isWorthIt(parts[start..<end], sum) { best = start..<end }
        }
        return best
    }

    private static func isWorthIt(_ group: ArraySlice<Part>, _ sum: Int64) -> Bool {
        group.contains { $0.isTouched || $0.isDirty }
            && group.allSatisfy { $0.isTouched || $0.living <= 2 * (sum - $0.living) }
    }
}

/// Which adjacent runs to merge next. Pure: the same runs give the same answer.
///
/// Runs stand oldest first; the youngest ones form a suffix. Three rules, in this order:
///
/// 1. *Cancelled weight*: a suffix whose entries that cancel something come to half of the entries of the run before it is merged with that run,
///    whatever the sizes. Reads never wade through more than they would find.
/// 2. *Doubled*: when all younger runs together are as large as the oldest one, everything is merged. So state takes at most twice its space, also
///    under `replace`, where an entry that hides an elder one is not known as such.
/// 3. *Too many runs*: with more than `runMax` of them, the suffix whose oldest run is smallest against the rest of it is merged, and elder runs
///    too while they are not larger than what is merged already. The ratio is the price of a merge: bytes written again for each byte that comes down.
///
/// By rule 3 alone `n` equal flushes come to at most `runMax` runs, and each entry is written again `r` times, where `n` is about
/// `runMax + r` over `runMax` (Bentley and Saxe's binomial transform): 8 times for ten thousand flushes, 18 for a million. Rule 2 adds
/// twice the size at the end, whatever the way there. A merge by rule 1 costs at most twice the entries that it can cancel, besides the suffix itself.
public enum MergePlan {
    /// Runs that may stand beside each other without a merge.
    public static let runMax = 8

    /// The range of runs to merge into one, two at least; nil when all is well. Merge the range and ask again.
    public static func next(_ runs: [RunReference]) -> Range<Int>? {
        cancelled(runs) ?? doubled(runs) ?? crowded(runs)
    }

    /// Rule 1: the longest suffix, with the run before it.
    private static func cancelled(_ runs: [RunReference]) -> Range<Int>? {
        var cancels = 0.0
        var first: Int?
        for index in runs.indices.dropFirst().reversed() {
            cancels += Double(runs[index].cancelCount)
            if cancels > 0, cancels * 2 >= Double(runs[index - 1].entryCount) { first = index - 1 }
        }
        return first.map { $0..<runs.count }
    }

    /// Rule 2.
    private static func doubled(_ runs: [RunReference]) -> Range<Int>? {
        guard runs.count >= 2 else { return nil }
        let younger = runs.dropFirst().reduce(0) { $0 + Double($1.byteCount) }
        return younger >= Double(runs[0].byteCount) ? 0..<runs.count : nil
    }

    /// Rule 3.
    private static func crowded(_ runs: [RunReference]) -> Range<Int>? {
        guard runs.count > runMax else { return nil }
        let sizes = runs.map { Double(max($0.byteCount, 1)) }
        var younger = sizes[sizes.count - 1]
        var best = (first: 0, ratio: Double.infinity, sum: 0.0)
        for index in sizes.indices.dropLast().reversed() {
            let ratio = sizes[index] / younger
            younger += sizes[index]
            // A suffix that begins later would leave too many runs.
            if index < runMax, ratio <= best.ratio { best = (index, ratio, younger) }
        }
        while best.first > 0, sizes[best.first - 1] <= best.sum {
            best.first -= 1
            best.sum += sizes[best.first]
        }
        return best.first..<runs.count
    }
}

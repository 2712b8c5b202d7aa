/// `did you mean "slot"?` for the closest of the known words, or all of them when none is close.
func suggestion(for word: String, among known: [String]) -> String? {
    guard !known.isEmpty else { return nil }
    let ranked = known.map { (name: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
    if let best = ranked.min(by: { $0.distance < $1.distance }), best.distance <= max(1, best.name.count / 3) {
        return "did you mean \"\(best.name)\"?"
    }
    return known.count > 12 ? nil : "known here: \(known.joined(separator: ", "))"
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbour to get from one word to the other
/// (optimal string alignment). O(n·m) over characters.
func editDistance(_ left: String, _ right: String) -> Int {
    let source = Array(left.unicodeScalars.prefix(64))
    let target = Array(right.unicodeScalars.prefix(64))
    var previous = [Int](repeating: 0, count: target.count + 1)
    var current = Array(0...target.count)
    for row in source.indices {
        let beforePrevious = previous
        previous = current
        current[0] = row + 1
        for column in target.indices {
            let replaced = previous[column] + (source[row] == target[column] ? 0 : 1)
            var cost = min(replaced, previous[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, source[row] == target[column - 1], source[row - 1] == target[column] {
                cost = min(cost, beforePrevious[column - 1] + 1)
            }
            current[column + 1] = cost
        }
    }
    return current[target.count]
}

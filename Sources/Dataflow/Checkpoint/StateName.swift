import Relational
import ViewPlan

/// Names of operators and their state: equal names mean equal content after the same part of the same log.
enum StateName {
    /// The operator of a plan node.
    static func of(_ node: PlanNode) -> String {
        // Every stored property of every node below it counts.
        var text = "node|"
        dump(node, to: &text)
        return Fingerprint.of(text)
    }

    static func ofImage(_ relation: RelationID, columns: [Column], key: [Int]) -> String {
        var text = "image|\(relation)|\(key)|"
        dump(columns, to: &text)
        return Fingerprint.of(text)
    }

    static func ofArrange(_ input: Operator, key: [Int], isPrivate: Bool) -> String {
        Fingerprint.of("arrange|\(input.stateName)|\(key)|\(isPrivate)")
    }

    static func ofRows(of view: String, key: [Int]?, _ root: Operator, ofChanges: Bool) -> String {
        Fingerprint.of("\(ofChanges ? "changes" : "rows")|\(view)|\(key.map { "\($0)" } ?? "bag")|\(root.stateName)")
    }
}

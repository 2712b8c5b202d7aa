import Relational

/// The elders that partial records need: for each key whose latest record lacks columns, a short list of records, newest first.
///
/// Each record of a list but the first gives at least one column that those before it lack, or has moved the row to another key; so a list is
/// never longer than the columns of a row, moves aside. It ends with a record that gives the rest, or with the *base*: the key's record below `clean`, which is found later.
struct PartialChains {
    /// One record of a list.
    struct Node {
        var mark = RecordMark(0)
        var place = RecordPlace(segment: 0, position: 0)
        var byteCount: UInt32 = 0
        /// Its number in `MissingColumns`.
        var pattern: UInt32 = 0
        var next: UInt32 = 0
        var state = State.record
    }

    enum State: UInt8 {
        case record
        /// The key's record below `clean`: not met, met once, met more than once, or needed by nobody any more.
        case baseUnknown, base, baseAmbiguous, baseVoid
    }

    /// What a key has here.
    struct Chain {
        /// The first record; 0 when the list went on with another key.
        var head: UInt32 = 0
        /// Where the key's record below `clean` belongs; 0 for nowhere.
        var base: UInt32 = 0
    }

    private(set) var nodes = [Node()]
    private(set) var chains = [Chain()]
    private var freeNodes: [UInt32] = []
    private var freeChains: [UInt32] = []

    var byteCount: Int {
        (nodes.count - 1) * MemoryLayout<Node>.stride + (chains.count - 1) * MemoryLayout<Chain>.stride
            + 4 * (freeNodes.count + freeChains.count)
    }

    var isEmpty: Bool { nodes.count == 1 }

    subscript(node index: UInt32) -> Node {
        get { nodes[Int(index)] }
        set { nodes[Int(index)] = newValue }
    }

    subscript(chain index: UInt32) -> Chain {
        get { chains[Int(index)] }
        set { chains[Int(index)] = newValue }
    }

    mutating func add(_ node: Node) -> UInt32 {
        if let free = freeNodes.popLast() {
            nodes[Int(free)] = node
            return free
        }
        nodes.append(node)
        return UInt32(nodes.count - 1)
    }

    mutating func add(_ chain: Chain) -> UInt32 {
        if let free = freeChains.popLast() {
            chains[Int(free)] = chain
            return free
        }
        chains.append(chain)
        return UInt32(chains.count - 1)
    }

    /// Forgets a node that no list holds any more. A base stays until the end of the pass: its key names it.
    mutating func release(node index: UInt32) {
        if nodes[Int(index)].state == .record {
            freeNodes.append(index)
        } else {
            nodes[Int(index)].state = .baseVoid
        }
    }

    mutating func release(chain index: UInt32) { freeChains.append(index) }
}

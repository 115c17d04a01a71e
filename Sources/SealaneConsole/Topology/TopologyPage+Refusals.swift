import SealaneEligibility

extension TopologyPage {
    /// Pairs that are refused alike: their subnets are the same, and their reasons differ only in the names of
    /// instances.
    struct Refusal {
        /// The id of its section on the page.
        let anchor: String
        /// The reasons. Of several pairs, they name subnets instead of instances.
        let reasons: [Reason]
        /// Indices of hosts, the lower one first.
        var pairs: [(first: Int, second: Int)]
    }

    /// Two pairs with equal values are refused alike.
    private struct Likeness: Hashable {
        let subnets: [String]
        let reasons: [Reason]
    }

    /// Groups pairs that are refused alike.
    struct Refusals {
        private(set) var all: [Refusal] = []
        private var places: [Likeness: Int] = [:]
        private let hosts: [Topology.Host]

        init(of hosts: [Topology.Host]) {
            self.hosts = hosts
        }

        /// Adds a pair. Returns the index of its refusal in `all`.
        mutating func add(_ first: Int, _ second: Int, _ reasons: [Reason]) -> Int {
            let pair = [hosts[first], hosts[second]]
            let alike = Likeness(
                subnets: pair.map(\.interface.subnet), reasons: reasons.map { $0.naming(subnetsInsteadOf: pair) })
            if let place = places[alike] {
                if all[place].pairs.count == 1 {
                    all[place] = Refusal(
                        anchor: all[place].anchor, reasons: alike.reasons, pairs: all[place].pairs)
                }
                all[place].pairs.append((first, second))
                return place
            }
            places[alike] = all.count
            all.append(Refusal(anchor: "refusal-\(all.count + 1)", reasons: reasons, pairs: [(first, second)]))
            return all.count - 1
        }
    }
}

extension TopologyPage.Refusal {
    /// The pairs, by the numbers in the table: `1–3 with 7–9, 12; 4 with 7`.
    var numbers: String {
        var firsts: [(seconds: String, firsts: [Int])] = []
        for (first, pairs) in Dictionary(grouping: pairs, by: \.first).sorted(by: { $0.key < $1.key }) {
            let seconds = Self.runs(pairs.map(\.second))
            if let place = firsts.firstIndex(where: { $0.seconds == seconds }) {
                firsts[place].firsts.append(first)
            } else {
                firsts.append((seconds, [first]))
            }
        }
        return firsts.map { "\(Self.runs($0.firsts)) with \($0.seconds)" }.joined(separator: "; ")
    }

    /// Ascending indices, which count from 0, as numbers, which count from 1: `1–3, 7`.
    private static func runs(_ places: [Int]) -> String {
        var runs: [ClosedRange<Int>] = []
        for place in places {
            if let last = runs.last, last.upperBound + 1 == place {
                runs[runs.count - 1] = last.lowerBound...place
            } else {
                runs.append(place...place)
            }
        }
        return runs.map { run in
            run.count == 1 ? "\(run.lowerBound + 1)" : "\(run.lowerBound + 1)–\(run.upperBound + 1)"
        }
        .joined(separator: ", ")
    }
}

extension Reason {
    fileprivate func naming(subnetsInsteadOf hosts: [Topology.Host]) -> Reason {
        func renamed(_ text: String) -> String {
            hosts.reduce(text) { text, host in
                host.ends.reduce(text) { $0.replacing($1.name, with: host.interface.subnet) }
            }
        }
        return Reason(code: code, observed: renamed(observed), required: renamed(required), source: source)
    }
}

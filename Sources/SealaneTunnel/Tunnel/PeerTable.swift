/// The peers by id. Ids are small numbers, so this is an array. A peer that nothing has happened to is stored as its
/// parameters alone: most peers of a large fleet never talk to each other.
struct PeerTable: ~Copyable {
    private struct Place {
        let parameters: PeerParameters
        var used: Used?
    }

    /// A peer in memory of its own, so that a call mutates it in place. The table alone refers to it.
    private final class Used {
        var peer: Peer?

        init(_ peer: Peer) {
            self.peer = peer
        }
    }

    private var places: [Place?] = []

    mutating func add(_ parameters: PeerParameters) {
        let at = Int(parameters.id.rawValue)
        if at >= places.count { places += [Place?](repeating: nil, count: at + 1 - places.count) }
        places[at] = Place(parameters: parameters)
    }

    mutating func remove(_ id: PeerID) {
        guard parameters(of: id) != nil else { return }
        places[Int(id.rawValue)] = nil
    }

    func parameters(of id: PeerID) -> PeerParameters? {
        let at = Int(id.rawValue)
        return at < places.count ? places[at]?.parameters : nil
    }

    /// Whether the peer has ever been mutated.
    func isUsed(_ id: PeerID) -> Bool {
        let at = Int(id.rawValue)
        return at < places.count && places[at]?.used != nil
    }

    /// Peers that have been mutated, in ascending order.
    var usedIDs: [PeerID] {
        places.compactMap { place in place.flatMap { $0.used == nil ? nil : $0.parameters.id } }
    }

    /// Nil: there is no such peer, and a mutation has no effect.
    subscript(id: PeerID) -> Peer? {
        _read {
            let at = Int(id.rawValue)
            if at < places.count, let used = places[at]?.used {
                yield used.peer
            } else {
                yield parameters(of: id).map { Peer($0) }
            }
        }
        _modify {
            if let used = use(id) {
                yield &used.peer
            } else {
                var none: Peer?
                yield &none
            }
        }
    }

    private mutating func use(_ id: PeerID) -> Used? {
        guard let parameters = parameters(of: id) else { return nil }
        if let used = places[Int(id.rawValue)]?.used { return used }
        let used = Used(Peer(parameters))
        places[Int(id.rawValue)]?.used = used
        return used
    }
}

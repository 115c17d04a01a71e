/// A lane's sessions by index: a hash table with open addressing and linear probing. Whoever makes one ends it with
/// `deallocate()`. (As a ~Copyable struct with a deinit it would crash the optimiser of Swift 6.3.)
///
/// Indices are random, so an index is its own hash. At most half of the places are taken, so that a lookup reads one place and
/// a half on average, and an index that is not there ends at a free place just as soon. Sessions stay where they are in memory
/// while they are in the table. A lookup allocates nothing; `insert` may.
@usableFromInline struct SessionTable {
    @usableFromInline struct Place {
        /// Of the session; kept here so that a look at a place does not read the session as well.
        @usableFromInline var index: UInt32
        /// Nil: the place is free.
        @usableFromInline var session: UnsafeMutablePointer<LaneSession>?
    }

    @usableFromInline var places: UnsafeMutablePointer<Place>
    /// A power of two, less one.
    @usableFromInline var mask: Int
    private(set) var count = 0

    init() {
        mask = 31
        places = Self.allocate(mask + 1)
    }

    /// Ends all sessions and frees the memory. The table and its copies are of no use from here on.
    func deallocate() {
        forEach(Self.free)
        places.deallocate()
    }

    @inlinable func lookup(_ index: SessionIndex) -> UnsafeMutablePointer<LaneSession>? {
        var at = Int(truncatingIfNeeded: index.rawValue) & mask
        while let session = places[at].session {
            if places[at].index == index.rawValue { return session }
            at = (at &+ 1) & mask
        }
        return nil
    }

    /// Takes in a session whose index no other has.
    mutating func insert(_ session: consuming LaneSession) {
        if 2 * (count + 1) > mask + 1 { grow() }
        let pointer = UnsafeMutablePointer<LaneSession>.allocate(capacity: 1)
        pointer.initialize(to: session)
        Self.put(pointer, places, mask)
        count += 1
    }

    /// Ends the session. Its pointer is no good from here on.
    mutating func remove(_ index: SessionIndex) {
        guard let session = lookup(index) else { return }
        var hole = Int(index.rawValue) & mask
        while places[hole].session != session { hole = (hole + 1) & mask }
        Self.free(session)
        count -= 1
        // What was put behind the hole because its own place was taken moves up, or a lookup would end at the hole.
        var at = (hole + 1) & mask
        while places[at].session != nil {
            let distance = (at - Int(places[at].index) & mask) & mask
            if distance >= (at - hole) & mask {
                places[hole] = places[at]
                hole = at
            }
            at = (at + 1) & mask
        }
        places[hole].session = nil
    }

    func forEach(_ body: (UnsafeMutablePointer<LaneSession>) -> Void) {
        for at in 0...mask {
            if let session = places[at].session { body(session) }
        }
    }

    private mutating func grow() {
        let (greater, greaterMask) = (Self.allocate(2 * (mask + 1)), 2 * mask + 1)
        forEach { Self.put($0, greater, greaterMask) }
        places.deallocate()
        (places, mask) = (greater, greaterMask)
    }

    private static func put(
        _ session: UnsafeMutablePointer<LaneSession>, _ places: UnsafeMutablePointer<Place>, _ mask: Int
    ) {
        let index = session.pointee.index.rawValue
        var at = Int(index) & mask
        while places[at].session != nil { at = (at + 1) & mask }
        places[at] = Place(index: index, session: session)
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Place> {
        let places = UnsafeMutablePointer<Place>.allocate(capacity: capacity)
        places.initialize(repeating: Place(index: 0, session: nil), count: capacity)
        return places
    }

    private static func free(_ session: UnsafeMutablePointer<LaneSession>) {
        session.deinitialize(count: 1)
        session.deallocate()
    }
}

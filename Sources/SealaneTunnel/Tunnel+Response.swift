import SealaneAEAD
import SealanePacket

/// The end of a handshake that this end began.
extension Tunnel {
    mutating func finish(
        _ response: HandshakeMessage.Response, _ arrival: Arrival, _ now: MonotonicTime,
        _ admit: (PeerID, PeerTerms, PathSightings) -> Admission
    ) throws(DropReason) {
        guard let id = peerByIndex[response.receiver], let peer = peers[id], let attempt = peer.attempt,
            attempt.index == response.receiver
        else { throw .handshakeUnexpected }
        let isProven = try demandWorth(
            of: response, attempt, isFromEndpoint: arrival.source == peer.parameters.endpoint, now)
        let payload: ResponsePayload
        let secrets: SessionSecrets
        do throws(DropReason) {
            (payload, secrets) = try read(response, attempt, peer)
        } catch {
            // Its sender is the peer, which has read the initiation, and nobody has altered it since: what is left to differ is
            // the pre-shared key.
            if isProven, error == .handshakeNotAuthentic {
                noteRefused(.presharedKey, from: arrival.source, of: id, now)
            }
            throw error
        }
        let isDetour = payload.terms.path != arrival.tuple
        guard isDetour || arrival.source == peer.parameters.endpoint else { throw .unexpectedSource }
        var path = peer.path
        path.note(arrival, claimed: payload.terms.path, at: now)
        // It may be a copy that somebody sends from elsewhere, or an answer to one: that does not end what stands. If the path
        // has changed, the next datagram of the session that stands says so.
        if isDetour, peer.sealing != nil, case .refused = admit(id, PeerTerms(payload.terms), path) {
            throw .unexpectedSource
        }
        peers[id]?.terms = PeerTerms(payload.terms)
        peers[id]?.path = path
        peers[id]?.attempt = nil
        if peer.incidents.clock?.isByPeer == true { peers[id]?.incidents.clock = nil }

        switch payload.outcome {
        case .refused(let reasons):
            releaseIndex(attempt.index)
            hearUnconfirmed(id, peer, now, admit)
            refuse(id, reasonsOfPeer: reasons, until: now + TunnelLimits.refusalStandsFor)
        case .accepted(let suite):
            guard settings.suites.contains(suite), payload.terms.lanesFit(behind: arrival.source) else {
                releaseIndex(attempt.index)
                throw .handshakeMalformed
            }
            let admission = admit(id, PeerTerms(payload.terms), path)
            let isRefused = if case .refused = admission { true } else { false }
            // A refusal goes to the endpoint: where the response came from may be nowhere.
            let grant = grant(
                attempt.index, remote: response.sender, at: isRefused ? peer.parameters.endpoint : arrival.source,
                secrets, suite, payload.terms, peer, standing(after: admission, id), now)
            if case .refused(let reasons) = admission { return refuse(id, telling: reasons, with: grant, now) }
            open(record(grant, payload.terms, isInitiator: true, now), of: id, now)
            // The responder seals only once it has seen this end use the session: by a probe, or by a keepalive.
            if grant.standing == .proven {
                seal(with: attempt.index, of: id, now)
            } else {
                prove(attempt.index, of: id, now)
            }
            if !provesMTU || grant.standing == .proven { emit(.command(.sendKeepalive(attempt.index))) }
            beginLanes(attempt.index, of: id, now)
        }
    }

    private func read(
        _ response: HandshakeMessage.Response, _ attempt: InitiationAttempt, _ peer: TunnelPeer
    ) throws(DropReason) -> (ResponsePayload, SessionSecrets) {
        let payload: [UInt8]
        let secrets: SessionSecrets
        do throws(NoiseError) {
            let result = try attempt.handshake.read(
                response: response.noise, privateKey: privateKey, presharedKey: peer.parameters.presharedKey)
            payload = result.payload
            secrets = SessionSecrets(ofInitiator: result.keys)
        } catch {
            throw .handshakeNotAuthentic
        }
        do throws(PayloadError) {
            return (try ResponsePayload(decoding: payload), secrets)
        } catch {
            throw DropReason(error)
        }
    }

    /// Before any Diffie-Hellman. One response in a while is worked on that comes from elsewhere, or does not show that its sender
    /// has read the initiation: the first tells of a translation, the second is of an older version.
    ///
    /// Returns whether it shows that.
    private mutating func demandWorth(
        of response: HandshakeMessage.Response, _ attempt: InitiationAttempt, isFromEndpoint: Bool,
        _ now: MonotonicTime
    ) throws(DropReason) -> Bool {
        let isProven = HandshakeMAC.hasValidMAC2(response.datagram, cookie: attempt.handshake.responseKey)
        guard isProven || HandshakeMAC.hasValidMAC1(response.datagram, key: mac1Key) else {
            throw .handshakeNotAuthentic
        }
        guard attempt.mayTry(isProven: isProven, isFromEndpoint: isFromEndpoint, at: now),
            isProven || load.allowsUnprovenResponse(at: now)
        else { throw .handshakeLimited }
        return isProven
    }

    /// The peer is alive, and refuses in its turn, before it shows what this end's judgement needs: what its own initiation
    /// showed a moment ago is judged, so that this end has its reasons as well.
    private mutating func hearUnconfirmed(
        _ id: PeerID, _ peer: TunnelPeer, _ now: MonotonicTime, _ admit: (PeerID, PeerTerms, PathSightings) -> Admission
    ) {
        peers[id]?.incidents.unconfirmed = nil
        guard let unconfirmed = peer.incidents.unconfirmed, now.since(unconfirmed.at) < TunnelLimits.refusalStandsFor
        else { return }
        peers[id]?.terms = unconfirmed.terms
        peers[id]?.path = unconfirmed.path
        _ = admit(id, unconfirmed.terms, unconfirmed.path)
    }

    /// Refuses what the peer stated in its response. The peer has the session's keys: its first and last datagram says why.
    private mutating func refuse(
        _ id: PeerID, telling reasons: [UInt8], with grant: SessionGrant, _ now: MonotonicTime
    ) {
        emit(.command(.open(grant)))
        emit(.command(.bidFarewell(grant.index, reasons: reasons)))
        emit(.command(.retire(grant.index)))
        releaseIndex(grant.index)
        refuse(id, until: now + TunnelLimits.refusalStandsFor)
    }
}

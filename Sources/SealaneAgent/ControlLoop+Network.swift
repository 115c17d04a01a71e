import Logging
import SealaneConfiguration
import SealaneDataplane
import SealaneFleet
import SealaneLinux
import SealaneTunnel

/// The tunnel device and the underlay. Other programs change both: the agent repairs the device, and follows the
/// underlay.
extension ControlLoop {
    /// The kernel reports a change.
    mutating func recordNetworkChanges(_ now: MonotonicTime) {
        if device.readChanges(now) { checkPaths(soonAfter: now) }
    }

    /// Schedules a check of the paths to the peers, at a limited rate.
    mutating func checkPaths(soonAfter now: MonotonicTime) {
        let moment = pathsPace.next(after: now)
        pathsDueAt = min(pathsDueAt ?? moment, moment)
    }

    mutating func followNetwork(_ now: Now) {
        if let dueAt = device.dueAt, now.monotonic >= dueAt { repairDevice() }
        if let dueAt = pathsDueAt, now.monotonic >= dueAt { followUnderlay(now) }
        if let rise = deviceMTURise, let checkAt = rise.checkAt, now.monotonic >= checkAt { check(rise, now.monotonic) }
    }

    /// Repairs the device. Returns the repairs.
    @discardableResult
    mutating func repairDevice() -> [DeviceState.Repair] {
        if let repairs = device.look(logger) { return repairs }
        // Lanes notice a deleted device, but not one in another network namespace.
        deviceIsGone(.interfaceGone(device.wanted.name))
        return []
    }

    /// Adopts the MTU of the paths to the peers: handshakes state it, paths must carry it, and the device's MTU follows
    /// from it.
    private mutating func followUnderlay(_ now: Now) {
        pathsDueAt = nil
        let began = MonotonicTime.ofHost()
        let agent = configuration.agent
        let found: UnderlayPaths?
        do throws(SystemError) {
            found = try UnderlayPaths.find(for: agent, to: peerSet.definitions.map(\.endpoint))
        } catch {
            logger.error("the paths to the peers cannot be looked at", metadata: ["why": "\(error)"])
            pathsDueAt = now.monotonic + .seconds(1)
            return
        }
        pathsPace.record(hasRepaired: false, from: began, to: .ofHost())
        // Without its address this host has no path. The earlier result stands.
        guard let found, found != paths else { return }
        paths = found
        let metadata: Logger.Metadata = ["mtu": "\(found.mtu)", "interfaces": "\(found.text)"]
        guard found.mtu != tunnel.settings.interfaceMTU else {
            logger.info("packets to peers leave by other interfaces", metadata: metadata)
            return
        }
        logger.notice(
            "the underlay carries packets of another size; sessions are renewed", metadata: metadata)
        found.warn(of: agent, peerSet.definitions, logger)
        if agent.mtu == nil {
            changeDeviceMTU(to: found.deviceMTU(for: agent, peerSet.definitions), now.monotonic)
        }
        tunnel.adopt(interfaceMTU: found.mtu, at: now.monotonic)
        // The earlier observations of the paths are out of date.
        judgeAllAgain()
    }

    /// A lower MTU counts at once, a greater one after the sessions carry it.
    private mutating func changeDeviceMTU(to mtu: Int, _ now: MonotonicTime) {
        deviceMTURise = nil
        guard mtu > device.wanted.mtu else { return setDeviceMTU(mtu) }
        deviceMTURise = DeviceMTURise(to: mtu, peerCount: peers.count, at: now)
    }

    private mutating func check(_ rise: DeviceMTURise, _ now: MonotonicTime) {
        guard now >= rise.patienceEndsAt || tunnel.carries(packetByteCount: rise.mtu) else {
            deviceMTURise?.checkAt = now + DeviceMTURise.checkInterval
            return
        }
        deviceMTURise?.checkAt = nil
        // A lane that has reported has applied the sessions' new limits.
        askForReports { loop in
            guard loop.deviceMTURise?.patienceEndsAt == rise.patienceEndsAt else { return }
            loop.deviceMTURise = nil
            loop.setDeviceMTU(rise.mtu)
        }
    }

    private mutating func setDeviceMTU(_ mtu: Int) {
        device.wanted.mtu = mtu
        do throws(SystemError) {
            try InterfaceConfiguration.setMTU(device.wanted.name, to: mtu)
            if hasSuperpackets {
                try InterfaceConfiguration.setSuperpacketLimit(
                    device.wanted.name, to: LanePorts.superPacketByteLimit(mtu: mtu))
            }
        } catch {
            logger.error("the tunnel device's MTU cannot be changed", metadata: ["why": "\(error)"])
        }
    }
}

extension UnderlayPaths {
    /// Warns if the device's MTU is greater than what these paths carry.
    func warn(of agent: Configuration.Agent, _ peers: [PeerDefinition], _ logger: Logger) {
        let (carried, mtu) = (carriedByteCount(for: agent), deviceMTU(for: agent, peers))
        guard agent.mtu == nil, mtu > carried else { return }
        logger.warning(
            "the underlay carries less than IPv6 needs: greater packets to peers are lost",
            metadata: [
                "carried": "\(carried)", "mtu": "\(mtu)", "interfaces": "\(text)",
                "remedy": "raise the MTU of these interfaces, or leave out the IPv6 addresses inside the tunnel",
            ])
    }
}

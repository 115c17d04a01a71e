import Logging
import SealaneConfiguration
import SealaneDataplane
import SealaneFleet
import SealaneLinux
import SealaneTunnel

/// The kernel's side of the tunnel, which others change as well: the device is kept as it is wanted, and the underlay is
/// followed.
extension Conductor {
    /// Somebody has changed something.
    mutating func noteNetworkChanges(_ now: MonotonicTime) {
        if device.takeChanges(now) { lookAtWays(soonAfter: now) }
    }

    /// Has the ways to the peers looked at, as soon as that is not too often.
    mutating func lookAtWays(soonAfter now: MonotonicTime) {
        let moment = waysPace.next(after: now)
        waysDueAt = min(waysDueAt ?? moment, moment)
    }

    mutating func followNetwork(_ now: Now) {
        if let dueAt = device.dueAt, now.monotonic >= dueAt { mendDevice() }
        if let dueAt = waysDueAt, now.monotonic >= dueAt { followUnderlay(now) }
    }

    /// Puts the device right. Returns what was not right.
    @discardableResult
    mutating func mendDevice() -> [DeviceState.Repair] {
        if let repairs = device.look(logger) { return repairs }
        // Lanes notice a deleted device, but not one in another network namespace.
        deviceIsGone(.interfaceGone(device.wanted.name))
        return []
    }

    /// What the ways to the peers carry is what handshakes state, what paths must carry, and what the device's MTU is from.
    private mutating func followUnderlay(_ now: Now) {
        waysDueAt = nil
        let began = MonotonicTime.ofHost()
        let agent = configuration.agent
        let found: UnderlayPaths?
        do throws(SystemError) {
            found = try UnderlayPaths.find(for: agent, to: roster.definitions.map(\.endpoint))
        } catch {
            logger.error("the ways to the peers cannot be looked at", metadata: ["why": "\(error)"])
            waysDueAt = now.monotonic + .seconds(1)
            return
        }
        waysPace.note(hasRepaired: false, from: began, to: .ofHost())
        // Without its address this host has no way; what was known before is as good as anything.
        guard let found, found != ways else { return }
        ways = found
        let metadata: Logger.Metadata = ["mtu": "\(found.mtu)", "interfaces": "\(found.text)"]
        guard found.mtu != tunnel.settings.interfaceMTU else {
            logger.info("packets to peers leave by other interfaces", metadata: metadata)
            return
        }
        logger.notice(
            "the underlay carries packets of another size; sessions are renewed", metadata: metadata)
        found.warn(of: agent, roster.definitions, logger)
        if agent.mtu == nil { setDeviceMTU(found.deviceMTU(for: agent, roster.definitions)) }
        tunnel.follow(interfaceMTU: found.mtu, at: now.monotonic)
        // What was found of the paths has gone out of date.
        judgeAllAgain()
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
    /// Where the device's MTU is greater than what these ways carry.
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

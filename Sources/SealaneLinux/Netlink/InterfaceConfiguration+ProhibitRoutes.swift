extension InterfaceConfiguration {
    /// Makes our routes of the main table through `device`, and its prohibit routes, exactly these. Adds prohibit
    /// routes before
    /// other routes and removes them afterwards, so that at no moment both routes to a prefix are missing. Leaves
    /// routes of
    /// other programs alone. On an error, restores the previous routes.
    package static func replaceRoutes(
        device: String, with prefixes: [String], prohibiting prohibited: [String]
    ) throws(SystemError) {
        let index = try NetworkInterface.index(of: device)
        let routes = try routes(to: prefixes, .unicast(index)) { _ in nil }
        let prohibitRoutes = try ProhibitRoutes.routes(to: prohibited, for: device)
        let present = try present()
        let oldRoutes = present.filter { $0.target == .unicast(index) && $0.table == mainTable }
        let oldProhibitRoutes = ProhibitRoutes.routes(of: device, among: present)
        let socket = try NetlinkSocket()
        var added: [Route] = []
        var removed: [Route] = []
        do throws(SystemError) {
            for route in prohibitRoutes.subtracting(oldProhibitRoutes)
            where try add(route, device, socket, takesOver: true) {
                added.append(route)
            }
            for route in routes.subtracting(oldRoutes) where try add(route, device, socket) { added.append(route) }
            for route in oldRoutes.subtracting(routes) {
                try remove(route, device, socket)
                removed.append(route)
            }
            for route in oldProhibitRoutes.subtracting(prohibitRoutes) {
                try remove(route, device, socket)
                removed.append(route)
            }
        } catch {
            // In reverse order. The next change or the device watch repairs what cannot be undone.
            for route in removed.reversed() { _ = try? add(route, device, socket) }
            for route in added.reversed() { try? remove(route, device, socket) }
            throw error
        }
    }
}

// Service worker: shows notifications where pages may not, and opens the page that requested one.
addEventListener("notificationclick", (event) => {
  event.notification.close();
  const back = async () => {
    const tabs = await clients.matchAll({ type: "window", includeUncontrolled: true });
    const tab = tabs.find((one) => one.url === event.notification.data);
    return tab ? tab.focus() : clients.openWindow(event.notification.data);
  };
  event.waitUntil(back());
});

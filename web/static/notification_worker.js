// Shows a notification where a page may not, and leads back to the page that asked for it.
addEventListener("notificationclick", (event) => {
  event.notification.close();
  const back = async () => {
    const tabs = await clients.matchAll({ type: "window", includeUncontrolled: true });
    const tab = tabs.find((one) => one.url === event.notification.data);
    return tab ? tab.focus() : clients.openWindow(event.notification.data);
  };
  event.waitUntil(back());
});

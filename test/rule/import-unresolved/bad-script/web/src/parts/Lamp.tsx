export const Lamp = () => null;

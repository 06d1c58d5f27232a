export API_C=$(cat /run/secret)
